import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The current surface of a namespace's event type. */
@Entity('surfaces')
export class SurfaceEntity {
  @PrimaryColumn('text', { name: 'namespace_id' })
  namespaceId!: string;

  @PrimaryColumn('text', { name: 'event_type' })
  eventType!: string;

  /** bigint, which PostgreSQL's driver gives as text. */
  @Column('bigint')
  version!: string;

  @Column('text', { name: 'model_version' })
  modelVersion!: string;

  @Column('timestamptz', { name: 'issued_at' })
  issuedAt!: Date;

  @Column('timestamptz', { name: 'data_until' })
  dataUntil!: Date;

  @Column('integer')
  cells!: number;

  /** A serialised surface of the forecast library. */
  @Column('bytea')
  payload!: Buffer;
}
