import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Namespaces that were deleted. Their rows go with them at once; what other stores hold of them is taken away
 * afterwards, and a process that dies in between finds here what is left to do. The ids are never given again: caches,
 * files and the audit log everywhere mean the old one.
 */
export class NamespaceRemovals1700000000020 implements MigrationInterface {
  name = 'NamespaceRemovals1700000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE namespace_removals (
        namespace_id text PRIMARY KEY,
        removed_at timestamptz NOT NULL DEFAULT now(),
        -- When to look for something left; NULL once nothing can be.
        next_purge timestamptz DEFAULT now()
      )`);
    await runner.query(
      `CREATE INDEX namespace_removals_due ON namespace_removals (next_purge) WHERE next_purge IS NOT NULL`,
    );
    await runner.query(`
      CREATE FUNCTION refuse_removed_namespace() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT 1 FROM namespace_removals WHERE namespace_id = NEW.namespace_id) THEN
          RAISE unique_violation USING MESSAGE = 'the id belonged to a namespace that was deleted';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER refuse_removed BEFORE INSERT ON namespaces
      FOR EACH ROW EXECUTE FUNCTION refuse_removed_namespace()`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
