import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type ConfigOf, STORES, type Stores } from '#platform';
import { accessConfig } from '../access.config.js';
import { newSecret } from './secret.js';
import { TokensService } from './tokens.service.js';

/** Reads the secret of a file of mode 600, made with a new one where it is missing. */
export async function secretFile(path: string): Promise<string> {
  try {
    const file = await open(path, 'wx', 0o600);
    const secret = newSecret();
    await file.writeFile(`${secret}\n`);
    await file.sync();
    await file.close();
    return secret;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret.length < 32)
    throw new Error(`The token in ${path} is shorter than 32 characters; delete the file to have a new one made`);
  return secret;
}

/** Sees to it that there is a way in: the administrator's token of the configuration, or one of our own in a file. */
@Injectable()
export class FirstAdministrator implements OnApplicationBootstrap {
  /** Where the token is kept; undefined where the configuration gave it. */
  readonly path: string | undefined;

  constructor(
    @Inject(accessConfig.token) private readonly config: ConfigOf<typeof accessConfig>,
    @Inject(STORES) stores: Stores,
    private readonly tokens: TokensService,
  ) {
    this.path = config.STRISK_ADMIN_TOKEN === undefined ? join(stores.dataDir, 'admin-token') : undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    const secret = this.config.STRISK_ADMIN_TOKEN ?? (await secretFile(this.path ?? ''));
    await this.tokens.ensure(secret, { name: 'first administrator', scopes: ['admin'], namespaceId: null });
  }
}
