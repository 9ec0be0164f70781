import type { EntityManager } from 'typeorm';
import type { Failure } from '../worker/failure.js';

/** Puts a job that has just failed for good, in this transaction, among the dead letters. */
export async function bury(manager: EntityManager, jobId: string, failure: Failure): Promise<void> {
  await manager.query(
    `INSERT INTO job_dead_letters (job_id, namespace_id, type, params, priority, error_code, error_message, stack,
                                   attempts, failures, history, request_id, created_by, created_at)
     SELECT job_id, namespace_id, type, params, priority, $2, $3, $4, attempts, failures, history, request_id,
            created_by, created_at
     FROM jobs WHERE job_id = $1
     ON CONFLICT (job_id) DO UPDATE SET error_code = excluded.error_code, error_message = excluded.error_message,
       stack = excluded.stack, attempts = excluded.attempts, failures = excluded.failures, history = excluded.history,
       died_at = excluded.died_at`,
    [jobId, failure.code, failure.cause, failure.stack],
  );
}
