import type { AnswerFormat } from '../answers.js';

/** How an answer may be written. */
export type Format = 'json' | AnswerFormat;

/** What an answer in a format is sent as. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  geojson: 'application/geo+json',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.stream',
};

/** What a client may call a format in `Accept`. */
export const ACCEPTED_AS: Readonly<Record<Format, readonly string[]>> = {
  json: ['application/json'],
  ndjson: ['application/x-ndjson', 'application/ndjson', 'application/jsonl'],
  csv: ['text/csv'],
  geojson: ['application/geo+json'],
  parquet: ['application/vnd.apache.parquet'],
  arrow: ['application/vnd.apache.arrow.stream'],
};
