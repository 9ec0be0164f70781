import type { Paged } from '#contracts';

/** The most a page of a list may hold. */
const PAGE = 1_000;

/** Every row of a list from a cursor on, page by page, for those who want them all as a stream. */
export async function* everyPage<Query extends { limit: number; cursor?: string | undefined }, Row>(
  query: Query,
  list: (query: Query) => Promise<Pick<Paged<Row>, 'data' | 'page'>>,
): AsyncGenerator<Row[]> {
  let { cursor } = query;
  do {
    const { data, page } = await list({ ...query, limit: PAGE, cursor });
    yield data;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
