export const CELLS = /* GraphQL */ `
  "Numbers over windows that end at a time: the last hour, day, seven and twenty-eight days."
  type Windowed {
    h1: Float!
    h24: Float!
    d7: Float!
    d28: Float!
  }

  "The features of all cells at one distance together."
  type RingFeatures {
    "Cells away, 1 or 2."
    ring: Int!
    "How many cells the ring has."
    cells: Int!
    "Events."
    counts: Windowed!
    "Sums of their amounts."
    sums: Windowed!
  }

  "How the cell's history is at this hour of the week."
  type HourOfWeek {
    "0 is Monday 00:00–01:00 in the namespace's time zone."
    index: Int!
    "Events of the whole history in this hour of the week."
    count: Float!
    "Their share of the history; 1/168 would be even."
    share: Float!
  }

  "What a cell's recent past looks like at a time."
  type CellFeatures {
    cell: CellId!
    "The windows end here; it is no part of them."
    at: DateTime!
    event_type: String!
    "Events in the cell itself."
    counts: Windowed!
    "Sums of their amounts."
    sums: Windowed!
    "The neighbourhood, ring by ring."
    rings: [RingFeatures!]!
    hour_of_week: HourOfWeek!
  }

  "Features of many cells at one time, as a page."
  type FeatureSnapshot {
    at: DateTime!
    event_type: String!
    data: [CellFeatures!]!
    page: Page!
  }

  "One event type within a cell."
  type CellEventType {
    event_type: String!
    "How many events."
    events: Float!
    "Time of the last."
    last: DateTime
  }

  "A hexagon of the grid."
  type Cell {
    cell: CellId!
    "H3 resolution."
    resolution: Int!
    center: Point!
    "Corners as [lon, lat], closed."
    boundary: [[Float!]!]!
    neighbors: [CellId!]!
    area_km2: Float!
    event_types: [CellEventType!]!
    "For the next 24 hours; null where no surface covers the cell."
    risk: CellRisk
    "Windowed features; of the only event type where none is named."
    features(at: DateTime, event_type: String): CellFeatures
  }
`;
