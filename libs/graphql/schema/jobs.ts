export const JOBS = /* GraphQL */ `
  "Where a job is in its life."
  enum JobState {
    waiting
    delayed
    active
    completed
    failed
    cancelled
  }

  "How far a job is."
  type JobProgress {
    "0 to 100."
    percent: Float!
    message: String!
  }

  "Why a job failed."
  type JobError {
    code: String!
    message: String!
  }

  "Work that is done apart from requests."
  type Job {
    job_id: String!
    "Such as model.train."
    type: String!
    state: JobState!
    params: JSON!
    progress: JobProgress!
    result: JSON
    error: JobError
    attempts: Int!
    created_at: DateTime!
    started_at: DateTime
    finished_at: DateTime
  }

  "A page of jobs."
  type JobPage {
    data: [Job!]!
    page: Page!
  }
`;
