import type { RiskPatch, RiskStatus } from '#contracts';
import { AppError } from '#platform';

const CLOSED: readonly RiskStatus[] = ['resolved', 'expired'];

/** What a patch makes of a risk's handling. */
export interface Handling {
  status: RiskStatus;
  acknowledgedBy: string | null;
  comment: string | null;
}

/**
 * Open risks are acknowledged or resolved, acknowledged ones resolved or opened again; a closed one takes comments alone.
 * @param by name of who acts
 * @throws AppError RISK_CLOSED
 */
export function applyPatch(risk: Handling, patch: RiskPatch, by: string): Handling {
  const comment = patch.comment === undefined ? risk.comment : patch.comment;
  const status = patch.status ?? risk.status;
  if (status !== risk.status && CLOSED.includes(risk.status))
    throw new AppError(
      'RISK_CLOSED',
      `The risk is ${risk.status}; a surface that finds the cell over its threshold opens a new one`,
    );
  if (status === risk.status) return { ...risk, comment };
  return { status, comment, acknowledgedBy: status === 'open' ? null : (risk.acknowledgedBy ?? by) };
}
