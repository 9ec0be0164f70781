import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger, Optional } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import { requestContext } from '../http/request-context.js';
import { isReplicasFault } from './replica-fault.js';
import { Replicas } from './replicas.js';

type AfterCommit = () => void | Promise<void>;

interface Unit {
  manager: EntityManager;
  afterCommit: AfterCommit[];
  /** Work that it began and did not wait for may go on beyond it. */
  over: boolean;
}

/**
 * The one way to PostgreSQL for services. A transaction is ambient: what is called inside of it works in it without
 * being handed a manager, and a transaction inside of another joins it, so that several changes can be made one: where
 * the inner one fails, the whole is rolled back, also if its error is caught.
 */
@Injectable()
export class Postgres {
  private readonly logger = new Logger(Postgres.name);
  private readonly units = new AsyncLocalStorage<Unit>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Optional() private readonly replicas?: Replicas,
  ) {}

  /** Of the ambient transaction, else of the pool. */
  get manager(): EntityManager {
    return this.unit?.manager ?? this.dataSource.manager;
  }

  get inTransaction(): boolean {
    return this.unit !== undefined;
  }

  repository<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> {
    return this.manager.getRepository(entity);
  }

  /** Joins the transaction that is under way, or begins one. What waits for its commit runs before this settles. */
  async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const outer = this.unit;
    if (outer) return work(outer.manager);
    const afterCommit: AfterCommit[] = [];
    const result = await this.dataSource.transaction(async (manager) => {
      const unit: Unit = { manager, afterCommit, over: false };
      try {
        return await this.units.run(unit, () => work(manager));
      } finally {
        unit.over = true;
      }
    });
    for (const action of afterCommit) await this.run(action);
    return result;
  }

  /** Runs when the ambient transaction has been committed, never when it is rolled back; at once where there is none. */
  async afterCommit(action: AfterCommit): Promise<void> {
    const { unit } = this;
    if (unit) unit.afterCommit.push(action);
    else await this.run(action);
  }

  /**
   * Reads where a little lag does no harm: on a replica where one may answer, else on the primary. What the asking token
   * wrote is seen in any case, and what is kept as an answer for others is read from the primary. `work` may run twice,
   * for a replica may fail it.
   */
  async reading<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { unit } = this;
    if (unit) return work(unit.manager);
    const context = requestContext();
    const replica = context?.isKept ? undefined : this.replicas?.pick(context?.tokenId);
    if (!replica) return work(this.dataSource.manager);
    try {
      return await work(replica.manager);
    } catch (error) {
      const fault = isReplicasFault(error);
      if (!fault) throw error;
      if (fault === 'away') replica.failed(error);
      return work(this.dataSource.manager);
    }
  }

  /** Past the ambient transaction: for what is kept beyond it and must not hold what may yet be rolled back. */
  outside<T>(work: () => T): T {
    return this.units.exit(work);
  }

  private get unit(): Unit | undefined {
    const unit = this.units.getStore();
    return unit?.over ? undefined : unit;
  }

  /** The change stands: what follows it must not make it look undone. */
  private async run(action: AfterCommit): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.logger.error({ err: error }, 'what was to follow a commit failed');
    }
  }
}
