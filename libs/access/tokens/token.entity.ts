import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Scope } from '#contracts';

@Entity('tokens')
export class TokenEntity {
  @PrimaryGeneratedColumn('uuid', { name: 'token_id' })
  tokenId!: string;

  /** null: an administrator's, of no namespace. */
  @Column('text', { name: 'namespace_id', nullable: true })
  namespaceId!: string | null;

  @Column('text')
  name!: string;

  @Column('bytea')
  hash!: Buffer;

  /** Of the secret before the last rotation, while it is still good. */
  @Column('bytea', { name: 'previous_hash', nullable: true })
  previousHash!: Buffer | null;

  @Column('timestamptz', { name: 'previous_until', nullable: true })
  previousUntil!: Date | null;

  @Column('text', { array: true })
  scopes!: Scope[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
