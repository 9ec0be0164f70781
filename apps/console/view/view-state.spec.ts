import { describe, expect, it } from 'vitest';
import { readView, type ViewState, writeView } from './view-state.js';

const cell = '872b9bc71ffffff';

describe('view in the address', () => {
  it('comes back as it was written', () => {
    const view: ViewState = { namespace: 'demo', eventType: 'theft & fire', horizon: 72, cell };
    expect(readView(writeView(view))).toEqual(view);
  });

  it('writes nothing for what is so anyway', () => {
    expect(writeView({ namespace: null, eventType: null, horizon: 24, cell: null })).toBe('');
  });

  it('leaves out what makes no sense', () => {
    const view = readView('?horizon=25&cell=zzz&event_type=&namespace=');
    expect(view).toEqual({ namespace: null, eventType: null, horizon: 24, cell: null });
  });

  it('neither reads nor keeps a token', () => {
    expect(writeView(readView(`?token=secret&cell=${cell}`))).toBe(`?cell=${cell}`);
  });
});
