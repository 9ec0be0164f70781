import { cellToLatLng } from 'h3-js';
import { simulateCity } from '#forecast';

const TYPE = 'incident';
const DAYS = 14;
/** The cell of the document's examples. */
const EXAMPLE_CELL = '872b9bc71ffffff';
const PATIENCE_MS = 120_000;

/** Asks with an administrator's token; throws what was answered where it is not good. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>;

export function asker(url: string, token: string): Ask {
  return async (method, path, body) => {
    const text = typeof body === 'string';
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': text ? 'application/x-ndjson' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: text ? body : JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return answer === '' ? undefined : (JSON.parse(answer) as unknown);
  };
}

/** Gives the namespace `default` two weeks of events, a model and a surface, so that there is something to find. */
export async function fillTown(ask: Ask): Promise<void> {
  const { events } = simulateCity({ now: new Date(Date.now() - 60_000), seed: 7, days: DAYS });
  const [lat, lon] = cellToLatLng(EXAMPLE_CELL);
  const elsewhere = events.slice(0, 50).map((event) => ({ ...event, event_id: `example-${event.event_id}`, lat, lon }));
  const lines = [...events, ...elsewhere].map((event) => JSON.stringify({ ...event, event_type: TYPE }));
  await ask('POST', '/events/bulk', `${lines.join('\n')}\n`);
  const { job_id } = (await ask('POST', '/models/train', { event_type: TYPE, activate: true, force: true })) as {
    job_id: string;
  };
  const deadline = Date.now() + PATIENCE_MS;
  // A server tells of nothing by itself, so it is asked.
  for (;;) {
    const job = (await ask('GET', `/jobs/${job_id}`)) as { state: string };
    if (job.state === 'completed' && (await ask('GET', '/risk-map').catch(() => undefined)) !== undefined) return;
    if (job.state === 'failed' || Date.now() > deadline) throw new Error(`No model was made: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
