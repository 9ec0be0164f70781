import { type DynamicModule, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { CacheRedis } from '#platform';
import { Budgets } from './budgets.js';
import { WINDOW_MS } from './window.js';

@Module({})
class BudgetsModule {
  static forRoot(limit: number): DynamicModule {
    const provider = {
      provide: Budgets,
      inject: [CacheRedis],
      useFactory: (redis: CacheRedis) => new Budgets(limit, redis),
    };
    return { module: BudgetsModule, providers: [provider], exports: [Budgets] };
  }
}

/** The budgets of tokens and addresses, for the guard and for the hot path. */
@Module({})
export class LimitsModule {
  /** @param limit requests a minute */
  static forRoot(limit: number): DynamicModule {
    const budgets = BudgetsModule.forRoot(limit);
    const throttler = ThrottlerModule.forRootAsync({
      imports: [budgets],
      inject: [Budgets],
      useFactory: (storage: Budgets) => ({ throttlers: [{ ttl: WINDOW_MS, limit }], storage }),
    });
    return { module: LimitsModule, imports: [budgets, throttler], exports: [budgets, throttler] };
  }
}
