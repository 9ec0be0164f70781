export const EVENTS = /* GraphQL */ `
  "One type of events and what is there of it."
  type EventType {
    event_type: String!
    "How many events."
    events: Float!
    "In how many cells."
    cells: Float!
    "Time of the first."
    first: DateTime!
    "Time of the last."
    last: DateTime!
  }

  "Something that happened at a place and a time."
  type Event {
    event_id: String!
    timestamp: DateTime!
    lat: Float!
    lon: Float!
    cell: CellId!
    event_type: String!
    "A loss, a count or a magnitude, as the namespace's amount_kind says."
    amount: Float
    entity_id: String
    "Whatever else was sent with it."
    attrs: JSON!
  }

  "A page of events."
  type EventPage {
    data: [Event!]!
    page: Page!
  }
`;
