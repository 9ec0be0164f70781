import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import type { ConfigOf } from '../config/define-config.js';
import { counter } from '../telemetry/metrics.js';
import { AppError } from './app-error.js';
import type { httpConfig } from './http.config.js';

const SAMPLE_MS = 100;
const RESOLUTION_MS = 10;
/** What a sample counts against those before it. */
const SMOOTHING = 0.2;
/** A loop this busy that is also late by half the bound is about to collapse. */
const SATURATED = 0.98;
/** Whoever watches must see, above all when it is late. */
const EXEMPT = new Set(['/health', '/ready', '/metrics']);

export interface Load {
  /** Mean lateness of the event loop over the last half second or so, milliseconds. */
  delayMs: number;
  /** Share of the last sample in which the loop worked, 0 to 1. */
  utilisation: number;
}

/** Whether new work is turned away, so that what is under way gets done. */
export function isOverloaded({ delayMs, utilisation }: Load, maxDelayMs: number): boolean {
  return delayMs > maxDelayMs || (utilisation > SATURATED && delayMs > maxDelayMs / 2);
}

/** Turns requests away with 503 while the event loop is late. What the hot path answers never comes here. */
export function loadShedding(fastify: FastifyInstance, config: ConfigOf<typeof httpConfig>): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let utilisation = performance.eventLoopUtilization();
  const load: Load = { delayMs: 0, utilisation: 0 };
  const timer = setInterval(() => {
    // One long task, such as the start itself, is no overload; a loop that stays late is one within half a second.
    const delayMs = histogram.count === 0 ? 0 : Math.max(0, histogram.mean / 1e6 - RESOLUTION_MS);
    load.delayMs += SMOOTHING * (Math.min(delayMs, 4 * config.SHED_EVENT_LOOP_DELAY_MS) - load.delayMs);
    histogram.reset();
    const now = performance.eventLoopUtilization();
    load.utilisation = performance.eventLoopUtilization(now, utilisation).utilization;
    utilisation = now;
  }, SAMPLE_MS);
  timer.unref();
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(timer);
    histogram.disable();
    done();
  });
  const shed = counter({
    name: 'strisk_http_shed_total',
    help: 'Requests turned away because the event loop was late',
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!isOverloaded(load, config.SHED_EVENT_LOOP_DELAY_MS) || EXEMPT.has(request.url)) {
      done();
      return;
    }
    shed.inc();
    done(
      new AppError('OVERLOADED', 'There is more to do than can be done in time', { headers: { 'Retry-After': '1' } }),
    );
  });
}
