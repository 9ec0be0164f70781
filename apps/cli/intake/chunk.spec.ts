import { describe, expect, it } from 'vitest';
import { ChunkBuilder, part } from './chunk.js';

describe('ChunkBuilder', () => {
  it('ends a chunk by rows and by characters, and keeps where each line stands', () => {
    const builder = new ChunkBuilder(3, 20);
    expect(builder.add('a', 2)).toBeNull();
    expect(builder.add('b', 5)).toBeNull();
    expect(builder.add('c', 6)).toEqual({ lines: ['a', 'b', 'c'], fileLines: [2, 5, 6] });
    expect(builder.add('x'.repeat(30), 7)).toEqual({ lines: ['x'.repeat(30)], fileLines: [7] });
    expect(builder.take()).toBeNull();
    builder.add('d', 9);
    expect(builder.take()).toEqual({ lines: ['d'], fileLines: [9] });
  });

  it('cuts a chunk with its places', () => {
    expect(part({ lines: ['a', 'b', 'c'], fileLines: [2, 4, 8] }, 1, 3)).toEqual({
      lines: ['b', 'c'],
      fileLines: [4, 8],
    });
  });
});
