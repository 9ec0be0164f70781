import { describe, expect, it } from 'vitest';
import { Tally, tallyLines } from './tally.js';

describe('tallyLines', () => {
  it('says what was taken, and of what was not the codes, most frequent first, with the first lines', async () => {
    const tally = new Tally(null);
    tally.accepted = 15_600;
    tally.duplicates = 8;
    for (const line of [40, 12, 30, 20])
      await tally.reject({ line, code: 'EVENT_TIME_INVALID', field: 'timestamp', detail: '"x" is not a time' });
    await tally.reject({ line: 7, code: 'EVENT_MALFORMED', field: null, detail: 'has 3 fields' });
    tally.rejectUnlisted(2);
    expect(tally.rejected).toBe(7);
    expect(tallyLines(tally, 'line')).toEqual([
      '  accepted    15,600',
      '  duplicates       8  (their event_id was there already; nothing changed)',
      '  rejected         7',
      '    EVENT_TIME_INVALID: 4',
      '      line 12: timestamp: "x" is not a time',
      '      line 20: timestamp: "x" is not a time',
      '      line 30: timestamp: "x" is not a time',
      '      … and 1 more',
      '    2 further rows that the server did not list (with --rejects FILE it lists each)',
      '    EVENT_MALFORMED: 1',
      '      line 7: has 3 fields',
    ]);
  });
});
