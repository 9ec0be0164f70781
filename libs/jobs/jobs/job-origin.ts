/** Who asks for a job, and by which request. */
export interface JobOrigin {
  namespaceId: string;
  tokenId?: string | null;
  requestId?: string | null;
}
