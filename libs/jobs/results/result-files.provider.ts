import { join } from 'node:path';
import type { FactoryProvider } from '@nestjs/common';
import { type Stores, STORES } from '#platform';
import { DiskResultFiles } from './disk-result-files.js';
import { ResultFiles } from './result-files.js';

/** Beside the embedded stores: what serves the files and what makes them see one DATA_DIR. */
export const resultFilesProvider: FactoryProvider<ResultFiles> = {
  provide: ResultFiles,
  inject: [STORES],
  useFactory: ({ dataDir }: Stores) => new DiskResultFiles(join(dataDir, 'results')),
};
