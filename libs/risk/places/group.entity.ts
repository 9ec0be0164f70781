import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Group } from '#contracts';

@Entity('groups')
export class GroupEntity {
  @PrimaryColumn('text', { name: 'namespace_id' })
  namespaceId!: string;

  @PrimaryColumn('text', { name: 'group_id' })
  groupId!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('jsonb')
  attrs!: Group['attrs'];

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('integer')
  version!: number;
}

export function presentGroup(group: GroupEntity): Group {
  return {
    group_id: group.groupId,
    name: group.name,
    description: group.description,
    attrs: group.attrs,
    created_at: group.createdAt.toISOString(),
    updated_at: group.updatedAt.toISOString(),
    version: group.version,
  };
}
