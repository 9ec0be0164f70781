/** Tags of the cache beside those of answers.ts: what is behind one is dead when the place it names has changed. */
export const targetsTag = (namespaceId: string) => `targets:${namespaceId}`;
export const groupTag = (groupId: string) => `group:${groupId}`;
export const groupsTag = (namespaceId: string) => `groups:${namespaceId}`;
