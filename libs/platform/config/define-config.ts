import type { DynamicModule } from '@nestjs/common';
import { z } from 'zod';

/** A capability's variables: the injection token of what is read from them, and the schema that reads them. */
export interface ConfigDefinition<S extends z.ZodRawShape = z.ZodRawShape> {
  /** Injection token of the parsed values. */
  token: symbol;
  name: string;
  /** Keyed by the variable's name as it stands in the environment. */
  schema: z.ZodObject<S>;
}

export type ConfigOf<D> = D extends ConfigDefinition<infer S> ? z.output<z.ZodObject<S>> : never;

/** Declares what a capability reads from the environment; `describe` each variable, for `.env.example` is made from it. */
export function defineConfig<S extends z.ZodRawShape>(name: string, shape: S): ConfigDefinition<S> {
  return { token: Symbol(`config:${name}`), name, schema: z.object(shape) };
}

/** Every mistake in the environment at once, by variable name. The values stay out of it: one may be a secret. */
export class ConfigError extends Error {
  constructor(readonly mistakes: { variable: string; message: string }[]) {
    super(
      `The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n` +
        mistakes.map(({ variable, message }) => `  ${variable}: ${message}`).join('\n'),
    );
    this.name = 'ConfigError';
  }
}

export class Config {
  private constructor(private readonly values: Map<symbol, unknown>) {}

  /**
   * Reads all capabilities' variables at once. An empty variable counts as unset, as compose files write them.
   * @throws ConfigError with every mistake
   */
  static read(definitions: readonly ConfigDefinition[], env: Record<string, string | undefined>): Config {
    const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
    const values = new Map<symbol, unknown>();
    const mistakes: ConfigError['mistakes'] = [];
    for (const definition of definitions) {
      const result = definition.schema.safeParse(given);
      if (result.success) values.set(definition.token, result.data);
      else
        mistakes.push(
          ...result.error.issues.map((issue) => ({ variable: issue.path.join('.'), message: issue.message })),
        );
    }
    if (mistakes.length > 0) throw new ConfigError(mistakes);
    return new Config(values);
  }

  get<S extends z.ZodRawShape>(definition: ConfigDefinition<S>): z.output<z.ZodObject<S>> {
    if (!this.values.has(definition.token)) throw new Error(`The configuration "${definition.name}" was not read`);
    // The value under this token was made by this very schema in `read`.
    return this.values.get(definition.token) as z.output<z.ZodObject<S>>;
  }

  get tokens(): Iterable<[symbol, unknown]> {
    return this.values;
  }
}

/** Makes each capability's values injectable by its token, everywhere. */
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    const providers = [...config.tokens].map(([token, value]) => ({ provide: token, useValue: value }));
    return { module: ConfigModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
