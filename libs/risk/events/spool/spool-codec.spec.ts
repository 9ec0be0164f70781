import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRow } from '../event-row.js';
import { decodeRows, encodeRows } from './spool-codec.js';

const row = fc.record<EventRow>({
  eventId: fc.string({ unit: 'grapheme', minLength: 1 }),
  time: fc.integer({ min: -2_208_988_800_000, max: 4_000_000_000_000 }),
  // JSON has no negative zero, nor has the globe.
  lat: fc.double({ min: -90, max: 90, noNaN: true }).map((lat) => lat + 0),
  lon: fc.double({ min: -180, max: 180, noNaN: true }).map((lon) => lon + 0),
  cell: fc.constantFrom('872b9bc71ffffff', '8001fffffffffff'),
  eventType: fc.string({ minLength: 1 }),
  amount: fc.option(fc.double({ min: -10, max: 1e12, noNaN: true }).map((amount) => amount + 0)),
  entityId: fc.string({ unit: 'grapheme' }),
  attrs: fc.json(),
});

describe('rows in the spool', () => {
  it('come back as they were, in their order', () =>
    fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
        expect(await decodeRows(await encodeRows(rows))).toEqual(rows);
      }),
      { numRuns: 50 },
    ));

  it('come back by the ten thousand, and are small', async () => {
    const rows = Array.from({ length: 10_001 }, (_, i): EventRow => ({
      eventId: `device-${i}`,
      time: Date.UTC(2026, 0, 1) + i * 997,
      lat: 43.6 + i / 1e5,
      lon: -79.4,
      cell: '872b9bc71ffffff',
      eventType: 'fire',
      amount: null,
      entityId: `station-${i % 50}`,
      attrs: '{}',
    }));
    const payload = await encodeRows(rows);
    expect(await decodeRows(payload)).toEqual(rows);
    expect(payload.length / rows.length).toBeLessThan(30);
  });

  it('that were damaged are not taken for others', async () => {
    const payload = await encodeRows([]);
    await expect(decodeRows(payload)).rejects.toThrow();
    await expect(decodeRows(Buffer.from('no zstd at all'))).rejects.toThrow();
    await expect(decodeRows(payload.subarray(0, -1))).rejects.toThrow();
  });
});
