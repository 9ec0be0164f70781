import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Model, ModelScores, ModelSummary } from '#contracts';

@Entity('models')
export class ModelEntity {
  @PrimaryColumn('text', { name: 'namespace_id' })
  namespaceId!: string;

  /** `fire-3`: the event type and a number that rises. */
  @PrimaryColumn('text', { name: 'model_version' })
  modelVersion!: string;

  @Column('text', { name: 'event_type' })
  eventType!: string;

  @Column('integer')
  number!: number;

  @Column('text')
  status!: ModelSummary['status'];

  /** What `encodeArtefact` made; not read with the lists. */
  @Column('bytea', { select: false })
  artefact!: Buffer;

  @Column('timestamptz', { name: 'trained_from' })
  trainedFrom!: Date;

  @Column('timestamptz', { name: 'trained_to' })
  trainedTo!: Date;

  @Column('integer')
  events!: number;

  @Column('integer')
  cells!: number;

  @Column('double precision', { name: 'branching_ratio' })
  branchingRatio!: number;

  /** Events below this amount were left out of the fit, and are of every forecast. */
  @Column('double precision', { name: 'min_amount', nullable: true })
  minAmount!: number | null;

  @Column('jsonb')
  parameters!: Record<string, unknown>;

  @Column('jsonb')
  diagnostics!: Record<string, unknown>;

  @Column('jsonb', { nullable: true })
  scores!: ModelScores | null;

  @Column('jsonb')
  notes!: string[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'activated_at', nullable: true })
  activatedAt!: Date | null;
}

/** What a list shows; the documents beside it are many times larger. */
export const SUMMARY_COLUMNS = (
  [
    'modelVersion',
    'eventType',
    'status',
    'createdAt',
    'activatedAt',
    'trainedFrom',
    'trainedTo',
    'events',
    'cells',
    'branchingRatio',
    'scores',
  ] as const
).map((column) => `model.${column}`);

export function presentModelSummary(model: ModelEntity): ModelSummary {
  return {
    model_version: model.modelVersion,
    event_type: model.eventType,
    status: model.status,
    created_at: model.createdAt.toISOString(),
    activated_at: model.activatedAt?.toISOString() ?? null,
    trained_from: model.trainedFrom.toISOString(),
    trained_to: model.trainedTo.toISOString(),
    events: model.events,
    cells: model.cells,
    branching_ratio: model.branchingRatio,
    passes: model.scores?.passes ?? null,
  };
}

export function presentModel(model: ModelEntity): Model {
  return {
    ...presentModelSummary(model),
    parameters: model.parameters,
    diagnostics: model.diagnostics,
    scores: model.scores,
    notes: model.notes,
  };
}
