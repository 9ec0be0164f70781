import { Column, CreateDateColumn, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import type { AmountKind, LevelThresholds, Retention } from '#contracts';

@Entity('namespaces')
export class NamespaceEntity {
  @PrimaryColumn('text', { name: 'namespace_id' })
  namespaceId!: string;

  @Column('text')
  name!: string;

  @Column('smallint', { name: 'h3_resolution' })
  h3Resolution!: number;

  @Column('text', { name: 'time_zone' })
  timeZone!: string;

  @Column('jsonb')
  levels!: LevelThresholds;

  @Column('text', { name: 'amount_kind' })
  amountKind!: AmountKind;

  @Column('jsonb')
  retention!: Retention;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @VersionColumn()
  version!: number;
}
