/** Why work on a job is broken off, as the reason of its signal. */
export class Stop extends Error {}

/** The worker must go: the job waits for another. */
export class WorkerStops extends Stop {
  constructor() {
    super('The worker stops');
  }
}

/** It was cancelled, or another worker has it: nothing that is done for it here counts any more. */
export class NotOurs extends Stop {
  constructor() {
    super('The job is not to be done here any more');
  }
}
