import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LevelThresholds, Target, TargetShape } from '#contracts';

@Entity('targets')
export class TargetEntity {
  @PrimaryColumn('text', { name: 'namespace_id' })
  namespaceId!: string;

  @PrimaryColumn('text', { name: 'target_id' })
  targetId!: string;

  @Column('text', { name: 'group_id', nullable: true })
  groupId!: string | null;

  @Column('text')
  name!: string;

  @Column('jsonb')
  shape!: TargetShape;

  @Column('jsonb')
  attrs!: Target['attrs'];

  @Column('jsonb', { nullable: true })
  levels!: LevelThresholds | null;

  /** `(east,north),(west,south)`, east beyond 180 where it crosses the antimeridian. Lists do not read it. */
  @Column('box', { select: false })
  bounds!: string;

  /** The cell that holds most of it. */
  @Column('text', { name: 'main_cell', select: false })
  mainCell!: string;

  @Column('integer', { name: 'cells_count' })
  cellsCount!: number;

  @Column('double precision', { name: 'area_km2' })
  areaKm2!: number;

  /** See weights.ts; large, and read by the risk of a target alone. */
  @Column('bytea', { select: false })
  cells!: Buffer;

  @Column('bytea', { select: false })
  weights!: Buffer;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('integer')
  version!: number;
}

export function presentTarget(target: TargetEntity): Target {
  return {
    target_id: target.targetId,
    name: target.name,
    group_id: target.groupId,
    shape: target.shape,
    attrs: target.attrs,
    levels: target.levels,
    cells_count: target.cellsCount,
    area_km2: Number(target.areaKm2.toPrecision(6)),
    created_at: target.createdAt.toISOString(),
    updated_at: target.updatedAt.toISOString(),
    version: target.version,
  };
}
