import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { Config, type ConfigDefinition, ConfigError } from '../config/define-config.js';
import { DataDirHeldError } from '../embedded/data-dir-lock.js';
import { openStores, type Stores, storesConfig } from '../embedded/stores.js';
import { httpConfig } from '../http/http.config.js';
import { createHttpApp } from '../http/http-app.js';
import { migrate, migrateLater, type Migrations } from './migrate.js';

/** The exit code of a wrong configuration (EX_CONFIG of sysexits.h): starting again will not help. */
const EXIT_CONFIG = 78;

export interface ProcessDefinition extends Migrations {
  /** Everything this process reads from the environment. */
  config: readonly ConfigDefinition[];
  compose(config: Config, stores: Stores): DynamicModule;
  /** Serves HTTP, and the built console where the directory is there. Left out for a worker. */
  http?: { consoleDir?: string };
  /** Called when everything is up, with the address it listens on. */
  started?(app: INestApplicationContext, address: string): Promise<void> | void;
}

/** Starts a process of the platform, from the environment to its end on SIGTERM or SIGINT. */
export async function runProcess(definition: ProcessDefinition, env: NodeJS.ProcessEnv): Promise<void> {
  let stopping = false;
  const starting = start(definition, env);
  const stop = (code: number) => {
    // Whoever asks twice means it.
    if (stopping) process.exit(1);
    stopping = true;
    // In the middle of the start too: a store that is up by then must not be left behind. How a start failed is told below.
    void starting
      .then((running) => running.close())
      .then(
        () => process.exit(code),
        (error: unknown) => fail('The shutdown failed', error),
      );
  };
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  try {
    await starting;
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_CONFIG);
    }
    if (error instanceof DataDirHeldError) fail(error.message);
    if (isCode(error, 'EADDRINUSE'))
      fail(`The port is in use by another process: ${(error as Error).message}. Give a free one with PORT.`);
    fail('The start failed', error);
  }
}

interface Running {
  close(): Promise<void>;
}

async function start(definition: ProcessDefinition, env: NodeJS.ProcessEnv): Promise<Running> {
  const config = Config.read(definition.config, env);
  const stores = await openStores(config.get(storesConfig));
  let app: INestApplicationContext | undefined;
  let endWaiting: (() => Promise<void>) | undefined;
  try {
    const migrated = await migrate(definition, config, stores);
    const module = definition.compose(config, stores);
    if (definition.http) {
      const http = await createHttpApp(module, { config: config.get(httpConfig), ...definition.http });
      app = http;
      // Apart from the call below, whose arguments would not be evaluated where nobody asked to be told.
      const address = await listen(http, config);
      await definition.started?.(app, address);
    } else {
      app = await NestFactory.createApplicationContext(module, { bufferLogs: true, abortOnError: false });
      app.useLogger(app.get(Logger));
      await definition.started?.(app, '');
    }
    if (!migrated) endWaiting = migrateLater(definition, config, stores);
  } catch (error) {
    // What goes wrong in clearing up must not hide why there was something to clear up.
    await app?.close().catch(() => undefined);
    await stores.close().catch(() => undefined);
    throw error;
  }
  const started = app;
  return {
    close: async () => {
      await endWaiting?.();
      await started.close();
      await stores.close();
    },
  };
}

async function listen(app: NestFastifyApplication, config: Config): Promise<string> {
  const { PORT, HOST } = config.get(httpConfig);
  await app.listen(PORT, HOST);
  return app.getUrl();
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function fail(message: string, error?: unknown): never {
  const detail = error instanceof Error ? `: ${error.stack ?? error.message}` : '';
  process.stderr.write(`${message}${detail}\n`);
  process.exit(1);
}
