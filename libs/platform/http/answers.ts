import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import type { ErrorCode } from '#contracts';

/** How an answer may be written besides JSON; chosen by `format=` or `Accept`. */
export type AnswerFormat = 'ndjson' | 'csv' | 'geojson' | 'parquet' | 'arrow';

export interface AnswersOptions {
  /** One line for the reference page. */
  summary: string;
  /** What a reader of the reference page must know beyond it: limits, order, what is cached. */
  description?: string;
  /** 200 where left out. */
  status?: number;
  /** Errors of this endpoint beyond those that every endpoint may answer with. */
  errors?: readonly ErrorCode[];
  /** Formats beside JSON; the handler then answers with `Formatted` bytes or streams for them. */
  formats?: readonly AnswerFormat[];
  /** Media type where the answer is not JSON: `application/vnd.mapbox-vector-tile`. */
  mediaType?: string;
  /** Milliseconds the request may take; 5,000 where left out. null: as long as the stream flows. */
  deadlineMs?: number | null;
  /** An answer as a client sees it, for the reference page. */
  example?: unknown;
}

export interface AnswersRule extends AnswersOptions {
  /** Of the JSON body; undefined for an empty one. */
  schema: z.ZodType | undefined;
}

export const ANSWERS = Symbol('answers');

/**
 * What a route answers with. Field selection is judged by the schema, the OpenAPI document is generated from it, and the
 * deadline is the request's.
 */
export const Answers = (schema: z.ZodType | undefined, options: AnswersOptions) =>
  SetMetadata(ANSWERS, { ...options, schema } satisfies AnswersRule);
