import { type Outlines, outlinesOf } from './outlines.js';

export interface OutlinesRequest {
  readonly id: number;
  readonly cells: readonly string[];
}
export type OutlinesReply = { readonly id: number } & ({ readonly outlines: Outlines } | { readonly error: string });

self.onmessage = ({ data: { id, cells } }: MessageEvent<OutlinesRequest>) => {
  try {
    const outlines = outlinesOf(cells);
    const { sizes, coordinates, centers } = outlines;
    const reply: OutlinesReply = { id, outlines };
    self.postMessage(reply, { transfer: [sizes.buffer, coordinates.buffer, centers.buffer] });
  } catch (error) {
    self.postMessage({ id, error: String(error) } satisfies OutlinesReply);
  }
};
