import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When jobs are to be asked for, and for which due times they were. */
export class Schedules1700000000049 implements MigrationInterface {
  name = 'Schedules1700000000049';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE schedules (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        schedule_id text NOT NULL,
        name text NOT NULL,
        type text NOT NULL,
        params jsonb NOT NULL,
        priority smallint,
        -- Either a line with its zone, or seconds counted from the anchor.
        cron text,
        time_zone text NOT NULL,
        every_seconds integer,
        anchor timestamptz(3) NOT NULL,
        catch_up text NOT NULL,
        catch_up_most integer NOT NULL,
        paused boolean NOT NULL,
        -- The earliest due time that has not been dealt with; null while it is paused.
        due_at timestamptz(3),
        last_due_at timestamptz(3),
        last_fired_at timestamptz(3),
        last_job_id uuid,
        last_error text,
        created_by text,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        version integer NOT NULL DEFAULT 1,
        PRIMARY KEY (namespace_id, schedule_id),
        CHECK ((cron IS NULL) <> (every_seconds IS NULL)),
        CHECK (paused = (due_at IS NULL))
      )`);
    await runner.query(`CREATE INDEX schedules_due ON schedules (due_at) WHERE due_at IS NOT NULL`);
    await runner.query(`CREATE INDEX schedules_by_time ON schedules (namespace_id, created_at DESC, schedule_id DESC)`);
    // A due time is fired once, whatever else goes wrong: the key says so.
    await runner.query(`
      CREATE TABLE schedule_firings (
        namespace_id text NOT NULL,
        schedule_id text NOT NULL,
        due_at timestamptz(3) NOT NULL,
        job_id uuid NOT NULL,
        fired_at timestamptz(3) NOT NULL,
        PRIMARY KEY (namespace_id, schedule_id, due_at),
        FOREIGN KEY (namespace_id, schedule_id) REFERENCES schedules ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX schedule_firings_by_time ON schedule_firings (fired_at)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
