import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Level, Risk, RiskStatus } from '#contracts';

@Entity('risks')
export class RiskEntity {
  @PrimaryColumn('text', { name: 'risk_id' })
  riskId!: string;

  @Column('text', { name: 'namespace_id' })
  namespaceId!: string;

  @Column('timestamptz', { name: 'opened_at' })
  openedAt!: Date;

  @Column('text')
  status!: RiskStatus;

  @Column('text')
  level!: Level;

  @Column('text')
  cell!: string;

  @Column('double precision')
  lat!: number;

  @Column('double precision')
  lon!: number;

  @Column('text', { name: 'target_id', nullable: true })
  targetId!: string | null;

  @Column('text', { name: 'event_type' })
  eventType!: string;

  @Column('double precision', { name: 'p_event' })
  pEvent!: number;

  @Column('double precision', { name: 'expected_count' })
  expectedCount!: number;

  @Column('integer', { name: 'horizon_hours' })
  horizonHours!: number;

  @Column('text', { name: 'model_version' })
  modelVersion!: string;

  @Column('text', { name: 'acknowledged_by', nullable: true })
  acknowledgedBy!: string | null;

  /** When someone first took it on. */
  @Column('timestamptz', { name: 'acknowledged_at', nullable: true })
  acknowledgedAt!: Date | null;

  @Column('text', { nullable: true })
  comment!: string | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('integer')
  version!: number;
}

export function presentRisk(risk: RiskEntity): Risk {
  return {
    risk_id: risk.riskId,
    timestamp: risk.openedAt.toISOString(),
    status: risk.status,
    level: risk.level,
    cell: { id: risk.cell, center: { lat: risk.lat, lon: risk.lon } },
    target_id: risk.targetId,
    event_type: risk.eventType,
    p_event: risk.pEvent,
    expected_count: risk.expectedCount,
    horizon_hours: risk.horizonHours,
    model_version: risk.modelVersion,
    acknowledged_by: risk.acknowledgedBy,
    comment: risk.comment,
    updated_at: risk.updatedAt.toISOString(),
    version: risk.version,
  };
}
