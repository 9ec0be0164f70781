import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may come in, under which name, and what they changed. */
export class Access1700000000001 implements MigrationInterface {
  name = 'Access1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE namespaces (
        namespace_id text PRIMARY KEY,
        name text NOT NULL,
        h3_resolution smallint NOT NULL,
        time_zone text NOT NULL,
        levels jsonb NOT NULL,
        amount_kind text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1
      )`);
    await runner.query(`
      CREATE TABLE tokens (
        token_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        -- An administrator's token belongs to no namespace and names one with every request.
        namespace_id text REFERENCES namespaces ON DELETE CASCADE,
        name text NOT NULL,
        -- SHA-256 of the secret, which itself has 256 random bits: nothing to guess, so nothing to slow down.
        hash bytea NOT NULL UNIQUE,
        scopes text[] NOT NULL,
        -- Milliseconds, as the cursor of the list carries them: finer times would be lost between two pages.
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        CHECK (namespace_id IS NOT NULL OR 'admin' = ANY (scopes))
      )`);
    await runner.query(`CREATE INDEX tokens_by_namespace ON tokens (namespace_id, created_at DESC, token_id DESC)`);
    await runner.query(`
      CREATE TABLE audit_log (
        audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        namespace_id text,
        token_id uuid,
        action text NOT NULL,
        subject text NOT NULL,
        before jsonb,
        after jsonb,
        request_id text
      )`);
    await runner.query(`
      INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
      VALUES ('default', 'Default', 7, 'UTC', '{"MODERATE": 0.05, "HIGH": 0.15, "CRITICAL": 0.4}', 'amount')`);
  }

  /** Forward only: a step back is a restore. */
  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
