export const MODELS = /* GraphQL */ `
  "Whether a model serves."
  enum ModelStatus {
    candidate
    active
    retired
  }

  "How one forecaster did over the windows of a backtest."
  type ForecasterScore {
    name: String!
    "Mean log score, nats per event."
    log_score_per_event: Float
    "Nats per event that the model gains over it; null for the model itself."
    information_gain: Float
    "95 % interval of the gain."
    gain_interval: [Float!]
    "Prediction accuracy index by share of the area."
    pai: JSON!
    brier: Float
    "Share of outcomes within the 90 % interval."
    coverage: Float
  }

  "A backtest beside the baselines."
  type ModelScores {
    windows: Int!
    horizon_hours: Int!
    from: DateTime!
    to: DateTime!
    events: Float!
    forecasters: [ForecasterScore!]!
    "Whether it beats every baseline."
    passes: Boolean!
    loses_to: [String!]!
  }

  "A fitted model, as a list shows it."
  type ModelSummary {
    model_version: String!
    event_type: String!
    status: ModelStatus!
    created_at: DateTime!
    activated_at: DateTime
    trained_from: DateTime!
    trained_to: DateTime!
    "Events it was fitted on."
    events: Float!
    "Cells it covers."
    cells: Float!
    "Events that one event brings about in the mean."
    branching_ratio: Float!
    "Whether it beats every baseline; null where it was not tested."
    passes: Boolean
  }

  "A page of models."
  type ModelPage {
    data: [ModelSummary!]!
    page: Page!
  }

  "A fitted model with its card: what it is, how well it does, what it cannot say."
  type Model {
    model_version: String!
    event_type: String!
    status: ModelStatus!
    created_at: DateTime!
    activated_at: DateTime
    trained_from: DateTime!
    trained_to: DateTime!
    "Events it was fitted on."
    events: Float!
    "Cells it covers."
    cells: Float!
    "Events that one event brings about in the mean."
    branching_ratio: Float!
    "Whether it beats every baseline; null where it was not tested."
    passes: Boolean
    parameters: JSON!
    diagnostics: JSON!
    scores: ModelScores
    "What a reader must know before relying on it."
    notes: [String!]!
  }
`;
