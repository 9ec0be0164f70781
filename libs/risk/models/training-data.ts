import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ALL_EVENT_TYPES } from '#contracts';
import { ClickHouse, defineQuery } from '#platform';

/** Longest a read of the history may take. */
const READ_TIMEOUT_MS = 120_000;

interface HistoryParams extends Record<string, unknown> {
  namespace: string;
  all_types: number;
  type: string;
  from: number;
  to: number;
  min_amount: number;
  has_min_amount: number;
  after_seq: number;
  until_seq: number;
}

/** Four columns (time in ms, cell, amount, id), in order of time and id: the same events give the same fit. */
const history = defineQuery<HistoryParams, unknown>(
  'training.history',
  `SELECT toUnixTimestamp64Milli(ts) AS time, h3ToString(cell) AS cell, amount, event_id
   FROM events
   WHERE namespace_id = {namespace:String}
     AND ({all_types:UInt8} = 1 OR event_type = {type:String})
     AND ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
     AND ({has_min_amount:UInt8} = 0 OR amount >= {min_amount:Float64})
     AND ingest_seq > {after_seq:UInt64} AND ingest_seq <= {until_seq:UInt64}
   ORDER BY ts, event_id`,
);

export interface HistorySpan {
  namespaceId: string;
  eventType: string;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  minAmount: number | null;
  /** Ingest positions: after the first, up to and with the second. */
  afterSeq: number;
  untilSeq: number;
}

@Injectable()
export class TrainingData {
  constructor(
    private readonly clickhouse: ClickHouse,
    @InjectDataSource() private readonly postgres: DataSource,
  ) {}

  /** The last batch of the namespace that is whole; events of later ones are not read. 0 before the first. */
  async position(namespaceId: string): Promise<number> {
    const [row] = await this.postgres.query<{ seq: string }[]>(
      `SELECT seq FROM ingest_positions WHERE namespace_id = $1`,
      [namespaceId],
    );
    return Number(row?.seq ?? 0);
  }

  /** The events of a span as `JSONCompactColumns` text, which `parseHistory` reads in the thread that needs them. */
  read(span: HistorySpan, signal: AbortSignal): Promise<string> {
    return this.clickhouse.text(
      history,
      {
        namespace: span.namespaceId,
        all_types: span.eventType === ALL_EVENT_TYPES ? 1 : 0,
        type: span.eventType,
        from: span.from,
        to: span.to,
        min_amount: span.minAmount ?? 0,
        has_min_amount: span.minAmount === null ? 0 : 1,
        after_seq: span.afterSeq,
        until_seq: span.untilSeq,
      },
      'JSONCompactColumns',
      { timeoutMs: READ_TIMEOUT_MS, signal, settings: { output_format_json_quote_64bit_integers: 0 } },
    );
  }
}
