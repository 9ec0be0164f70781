/** A tag as entries hold it: whoever holds another generation than the present one is dead. */
interface TagState {
  readonly name: string;
  generation: number;
  /** Entries and loads that refer to it; without any it is forgotten. */
  holders: number;
}

/** Tags and the generations they had at one moment. */
export interface Fence {
  readonly states: readonly TagState[];
  readonly generations: readonly number[];
}

/** None of the fence's tags was invalidated since it was put up. */
export function stands(fence: Fence): boolean {
  const { states, generations } = fence;
  for (let i = 0; i < states.length; i++) if (states[i]!.generation !== generations[i]) return false;
  return true;
}

/**
 * The tags of this process. A load puts its fence up before it reads anything, and what it made is kept behind that
 * fence: so a value that was being made while its tag was invalidated is dead from the start.
 */
export class Tags {
  private readonly states = new Map<string, TagState>();
  /** Held by everything: moved on where nothing is to be trusted any more. */
  private readonly all: TagState = { name: '', generation: 0, holders: 1 };

  /** @param names sorted, each once */
  fence(names: readonly string[]): Fence {
    const states = [this.all, ...names.map((name) => this.stateOf(name))];
    return this.hold({ states, generations: states.map(({ generation }) => generation) });
  }

  /** Another holder of the same fence; everyone releases once. */
  hold(fence: Fence): Fence {
    for (const state of fence.states) state.holders++;
    return fence;
  }

  release(fence: Fence): void {
    for (const state of fence.states) {
      state.holders--;
      if (state.holders === 0) this.states.delete(state.name);
    }
  }

  invalidate(name: string): void {
    const state = this.states.get(name);
    // Nobody holds it: there is nothing that it could make dead.
    if (state) state.generation++;
  }

  invalidateAll(): void {
    this.all.generation++;
  }

  /** Tags that something in this process holds. */
  get size(): number {
    return this.states.size;
  }

  private stateOf(name: string): TagState {
    let state = this.states.get(name);
    if (!state) this.states.set(name, (state = { name, generation: 0, holders: 0 }));
    return state;
  }
}
