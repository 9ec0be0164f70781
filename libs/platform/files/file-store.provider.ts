import type { FactoryProvider } from '@nestjs/common';
import type { ConfigOf } from '../config/define-config.js';
import type { Stores } from '../embedded/stores.js';
import { STORES } from '../embedded/stores.token.js';
import { DiskFileStore } from './disk-file-store.js';
import { FileStore } from './file-store.js';
import { filesConfig } from './files.config.js';

/** A bucket where one is named; else beside the embedded stores, and all processes have to see one DATA_DIR. */
export const fileStoreProvider: FactoryProvider<FileStore> = {
  provide: FileStore,
  inject: [STORES, filesConfig.token],
  useFactory: async ({ dataDir }: Stores, config: ConfigOf<typeof filesConfig>) => {
    const { S3_BUCKET } = config;
    if (S3_BUCKET === undefined) return new DiskFileStore(dataDir);
    // Loaded where it is asked for: it takes a good part of a start.
    const { S3FileStore } = await import('./s3-file-store.js');
    return new S3FileStore({ ...config, S3_BUCKET });
  },
};
