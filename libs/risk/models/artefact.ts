import { z } from 'zod';
import {
  type AmountSeverity,
  deserialiseModel,
  type Model,
  pack,
  type ResolutionReport,
  serialiseModel,
  unpack,
} from '#forecast';

const VERSION = 1;
const KIND = 'artf';

/** A fitted model with what else its forecasts need: how marks are made of amounts, what its times are worth, what events cost. */
export interface Artefact {
  model: Model;
  markScale: 'identity' | 'log1p' | 'none';
  resolution: ResolutionReport;
  timeZone: string;
  /** undefined where amounts are no losses. */
  severity: AmountSeverity | undefined;
}

const meta = z.object({
  markScale: z.enum(['identity', 'log1p', 'none']),
  resolution: z.object({
    resolution: z.enum(['second', 'minute', 'hour', 'day']),
    midnightShare: z.number(),
    midnightZone: z.enum(['local', 'utc']),
    hourUsable: z.boolean(),
  }),
  timeZone: z.string(),
  severity: z
    .object({
      cap: z.number(),
      summary: z.object({
        events: z.number(),
        missing: z.number(),
        zeros: z.number(),
        capped: z.number(),
        lossBeyondCap: z.number(),
        withinCells: z.number(),
        betweenCells: z.number(),
      }),
    })
    .nullable(),
});

const NONE = new Float64Array(0);

export function encodeArtefact(artefact: Artefact): Uint8Array {
  const { severity } = artefact;
  const model = serialiseModel(artefact.model);
  // The container holds arrays of numbers; bytes of a length that is no multiple of four are filled up.
  const words = new Uint32Array(Math.ceil(model.length / 4));
  new Uint8Array(words.buffer).set(model);
  return pack(
    KIND,
    VERSION,
    {
      markScale: artefact.markScale,
      resolution: artefact.resolution,
      timeZone: artefact.timeZone,
      modelBytes: model.length,
      severity: severity ? { cap: severity.cap, summary: severity.summary } : null,
    },
    {
      model: words,
      zeroShare: severity?.zeroShare ?? NONE,
      mu: severity?.mu ?? NONE,
      sigma: severity?.sigma ?? NONE,
      positiveMean: severity?.positiveMean ?? NONE,
      positiveSquare: severity?.positiveSquare ?? NONE,
    },
  );
}

/** @throws CodecError when the bytes are damaged, cut short or of a newer version */
export function decodeArtefact(bytes: Uint8Array): Artefact {
  const { meta: raw, arrays } = unpack(bytes, KIND, VERSION);
  const head = meta.extend({ modelBytes: z.number() }).parse(raw);
  const words = arrays.uint32('model');
  return {
    model: deserialiseModel(new Uint8Array(words.buffer, words.byteOffset, head.modelBytes)),
    markScale: head.markScale,
    resolution: head.resolution,
    timeZone: head.timeZone,
    severity: head.severity
      ? {
          kind: 'amount',
          cap: head.severity.cap,
          summary: head.severity.summary,
          zeroShare: arrays.float64('zeroShare'),
          mu: arrays.float64('mu'),
          sigma: arrays.float64('sigma'),
          positiveMean: arrays.float64('positiveMean'),
          positiveSquare: arrays.float64('positiveSquare'),
        }
      : undefined,
  };
}
