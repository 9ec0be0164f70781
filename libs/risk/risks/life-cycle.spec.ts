import { describe, expect, it } from 'vitest';
import type { RiskPatch, RiskStatus } from '#contracts';
import { applyPatch } from './life-cycle.js';

const risk = (status: RiskStatus, acknowledgedBy: string | null = null, comment: string | null = null) => ({
  status,
  acknowledgedBy,
  comment,
});
const result = (status: RiskStatus, patch: RiskPatch, acknowledgedBy: string | null = null) => {
  try {
    return applyPatch(risk(status, acknowledgedBy), patch, 'ann').status;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('the life of a risk', () => {
  it.each([
    ['open', 'acknowledged', 'acknowledged'],
    ['open', 'resolved', 'resolved'],
    ['open', 'open', 'open'],
    ['acknowledged', 'resolved', 'resolved'],
    ['acknowledged', 'open', 'open'],
    ['acknowledged', 'acknowledged', 'acknowledged'],
    ['resolved', 'open', 'RISK_CLOSED'],
    ['resolved', 'acknowledged', 'RISK_CLOSED'],
    ['resolved', 'resolved', 'resolved'],
    ['expired', 'open', 'RISK_CLOSED'],
    ['expired', 'acknowledged', 'RISK_CLOSED'],
    ['expired', 'resolved', 'RISK_CLOSED'],
  ] as const)('%s, asked to be %s, is %s', (from, to, expected) => expect(result(from, { status: to })).toBe(expected));

  it('names who was the first to take it on', () => {
    expect(applyPatch(risk('open'), { status: 'acknowledged' }, 'ann').acknowledgedBy).toBe('ann');
    expect(applyPatch(risk('acknowledged', 'bob'), { status: 'resolved' }, 'ann').acknowledgedBy).toBe('bob');
    expect(applyPatch(risk('open'), { status: 'resolved' }, 'ann').acknowledgedBy).toBe('ann');
    expect(applyPatch(risk('acknowledged', 'bob'), { status: 'open' }, 'ann').acknowledgedBy).toBeNull();
    expect(applyPatch(risk('acknowledged', 'bob'), { status: 'acknowledged' }, 'ann').acknowledgedBy).toBe('bob');
  });

  it('takes comments at any time, and a comment can be taken back', () => {
    for (const status of ['open', 'acknowledged', 'resolved', 'expired'] as const)
      expect(applyPatch(risk(status, 'bob', 'old'), { comment: 'new' }, 'ann')).toEqual(risk(status, 'bob', 'new'));
    expect(applyPatch(risk('open', null, 'old'), { comment: null }, 'ann').comment).toBeNull();
    expect(applyPatch(risk('open', null, 'old'), { status: 'resolved' }, 'ann').comment).toBe('old');
  });
});
