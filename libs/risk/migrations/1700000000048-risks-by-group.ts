import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The group of a risk's target stands with the risk, so that the risks of a group are a list with an index, however many
 * targets the group has and however old their risks are. The database keeps it: a target that is moved, or deleted, takes
 * its risks along, by whichever way.
 */
export class RisksByGroup1700000000048 implements MigrationInterface {
  name = 'RisksByGroup1700000000048';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE risks ADD COLUMN group_id text`);
    // The target is held until the risk is there: who moves it meanwhile waits, and then takes the new risk along too.
    await runner.query(`
      CREATE FUNCTION risk_takes_group() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.group_id := (SELECT group_id FROM targets
                         WHERE namespace_id = NEW.namespace_id AND target_id = NEW.target_id FOR SHARE);
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE FUNCTION risks_follow_targets() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE risks SET group_id = moved.group_id
        FROM before JOIN moved USING (namespace_id, target_id)
        WHERE before.group_id IS DISTINCT FROM moved.group_id
          AND risks.namespace_id = moved.namespace_id AND risks.target_id = moved.target_id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE FUNCTION risks_outlive_targets() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE risks SET group_id = NULL FROM gone
        WHERE gone.group_id IS NOT NULL
          AND risks.namespace_id = gone.namespace_id AND risks.target_id = gone.target_id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER risk_takes_group BEFORE INSERT ON risks
      FOR EACH ROW WHEN (NEW.target_id IS NOT NULL) EXECUTE FUNCTION risk_takes_group()`);
    await runner.query(`
      CREATE TRIGGER risks_follow_targets AFTER UPDATE ON targets REFERENCING OLD TABLE AS before NEW TABLE AS moved
      FOR EACH STATEMENT EXECUTE FUNCTION risks_follow_targets()`);
    await runner.query(`
      CREATE TRIGGER risks_outlive_targets AFTER DELETE ON targets REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION risks_outlive_targets()`);
    await runner.query(`
      UPDATE risks SET group_id = targets.group_id FROM targets
      WHERE targets.group_id IS NOT NULL
        AND risks.namespace_id = targets.namespace_id AND risks.target_id = targets.target_id`);
    await runner.query(
      `CREATE INDEX risks_by_group ON risks (namespace_id, group_id, opened_at DESC, risk_id DESC)
       WHERE group_id IS NOT NULL`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
