import { Injectable } from '@nestjs/common';
import type { AccessContext } from '#access';
import type { TargetRisk, TargetRiskQuery } from '#contracts';
import { AppError } from '#platform';
import { levelOf } from '../surfaces/levels.js';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { significant } from '../surfaces/present.js';
import { frameOf } from '../surfaces/risk-map.service.js';
import { forecastOf } from './target-forecast.js';
import { TargetWeightsCache } from './target-weights.js';
import type { WeighedTarget } from './weights.js';

/** The risk of targets, from the surface in memory; a target's weights are read once. */
@Injectable()
export class TargetRiskService {
  constructor(
    private readonly surfaces: LiveSurfaces,
    private readonly weights: TargetWeightsCache,
  ) {}

  /** @throws AppError NOT_FOUND, CELL_UNKNOWN, SURFACE_NOT_READY, EVENT_TYPE_AMBIGUOUS */
  async risk(access: AccessContext, targetId: string, query: TargetRiskQuery): Promise<TargetRisk> {
    const { namespaceId } = access.namespace;
    const target = this.weights.peek(namespaceId, targetId) ?? (await this.weights.find(namespaceId, targetId));
    if (!target) throw new AppError('NOT_FOUND', 'The namespace has no such target');
    return this.present(access, target, query);
  }

  private present(
    { namespace }: AccessContext,
    target: WeighedTarget,
    { horizon, event_type }: TargetRiskQuery,
  ): TargetRisk {
    const surface = this.surfaces.require(namespace.namespaceId, event_type);
    const forecast = forecastOf(
      target.weights,
      target.weights.positions(surface.surface.region),
      surface.view(horizon),
    );
    if (!forecast)
      throw new AppError('CELL_UNKNOWN', 'The target lies outside of what the surface covers', {
        errors: [{ path: 'target_id', message: 'lies where the surface covers nothing' }],
      });
    return {
      target_id: target.targetId,
      ...frameOf(surface, horizon),
      p_event: significant(forecast.pEvent, 5),
      expected_count: significant(forecast.expectedCount, 5),
      q05: forecast.q05,
      q50: forecast.q50,
      q95: forecast.q95,
      expected_loss: significant(forecast.expectedLoss, 6),
      level: levelOf(forecast.pEvent, target.levels ?? namespace.levels),
      relative_risk: significant(forecast.relativeRisk, 4),
      coverage: Math.min(1, significant(forecast.coverage, 4)),
    };
  }
}
