import { AppError, type RequestContext } from '#platform';

/** Kept back from the deadline, so that what was done is told before the whole is given up. */
const TELLING_MS = 500;

/** How long a batch goes on: until its caller leaves, or a little before its deadline. */
export class Patience {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(private readonly context: RequestContext | undefined) {
    if (!context) return;
    context.signal.addEventListener('abort', this.leave, { once: true });
    if (context.deadline !== Infinity)
      this.timer = setTimeout(() => this.controller.abort(tooLate()), Math.max(0, context.remaining() - TELLING_MS));
  }

  /** Fires with the error of what was not done by then. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The batch is done. */
  end(): void {
    clearTimeout(this.timer);
    this.context?.signal.removeEventListener('abort', this.leave);
  }

  private readonly leave = () => this.controller.abort(this.context?.signal.reason);
}

const tooLate = () =>
  new AppError(
    'DEADLINE_EXCEEDED',
    'The batch took longer than it may. Whether an operation that had begun was done is not known',
  );
