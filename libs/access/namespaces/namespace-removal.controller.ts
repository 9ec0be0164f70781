import { Controller, Delete, Headers, HttpCode, Param, Query } from '@nestjs/common';
import { namespaceId, type NamespaceDeletion, namespaceDeletion } from '#contracts';
import { Answers, Documented, versionOf } from '#platform';
import { Caller, type Principal } from '../guard/access-context.js';
import { RequireScope } from '../guard/require-scope.js';
import { NamespaceRemovals } from './namespace-removals.js';

@Controller('namespaces')
export class NamespaceRemovalController {
  constructor(private readonly removals: NamespaceRemovals) {}

  @Delete(':namespace_id')
  @HttpCode(204)
  @RequireScope('admin', { namespace: false })
  @Answers(undefined, {
    summary: 'Delete a namespace with everything in it',
    description:
      'Its tokens, models, targets and risks go at once, its events within moments. The id is not given again.',
    status: 204,
    errors: ['NAMESPACE_NOT_FOUND', 'NAMESPACE_PERMANENT', 'NAMESPACE_NOT_EMPTY', 'VERSION_CONFLICT'],
    deadlineMs: 30_000,
  })
  @Documented({ tag: 'namespaces' })
  remove(
    @Caller() by: Principal & { requestId: string },
    @Param('namespace_id', { schema: namespaceId }) id: string,
    @Query({ schema: namespaceDeletion }) { force }: NamespaceDeletion,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.removals.remove(by, id, force === 'true', versionOf(ifMatch));
  }
}
