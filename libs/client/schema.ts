/** Made from docs/openapi.json by `npm run client`; not to be edited. */

export interface paths {
    "/api/v1/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed what in the namespace, the newest first
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["audit-log.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run many operations in one request
         * @description Up to 100 operations, each with the rights of the caller and its own status; results stand in the order of the operations. Each counts towards the rate limit. References such as `{{a.body.data.0.risk_id}}` in paths, headers and bodies stand for the results of operations named in `depends_on`.
         *
         *     Any good token.
         *
         *     Answered within 30 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["batch.run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cells/{cell}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A cell: where it is, what happened there, how likely the next event is
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["cells.detail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cells/{cell}/features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Windowed features of a cell at a time
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["cells.ofCell"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs that failed for good, the last first
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["dead-letters.list"];
        put?: never;
        post?: never;
        /**
         * Forget them
         * @description At most 1,000 at once, the oldest first; ask again while `more` is true. The jobs stay in the list of jobs, as failed.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["dead-letters.purge"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let them wait for a worker again
         * @description At most 1,000 at once, the oldest first; ask again while `more` is true. One like a job that waits already stays where it is.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["dead-letters.replayAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A job that failed for good, with what went wrong each time
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["dead-letters.read"];
        put?: never;
        post?: never;
        /**
         * Forget one
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["dead-letters.purgeOne"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/{job_id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let one wait for a worker again, with all its attempts before it
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["dead-letters.replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document as a page to read and try
         * @description Open to everyone.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["openapi.page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The event types of the namespace, and what is there of each
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["events.types"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events, the newest first
         * @description JSON is a page; the other formats are streams of everything that fits, from `cursor` on where it is given.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["events.list"];
        put?: never;
        /**
         * Send events
         * @description Rows are judged one by one: a bad one does not cost the others. The answer comes when the rows are durable; an `event_id` that was there already changes nothing.
         *
         *     Needs the scope `events:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["events.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a stream of events
         * @description As it is or compressed (`Content-Encoding: gzip` or `zstd`), of any length. Rejected rows have their `line`. What was taken before a stream broke is durable and counted in the problem; sending it all again doubles nothing.
         *
         *     Needs the scope `events:write`.
         *
         *     No deadline: the answer flows as long as it is read.
         */
        post: operations["events.bulk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/spool": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of the namespace that are not in the event store yet
         * @description What was answered with `buffered: true` waits here until the event store takes it. What the store refused is parked, so that the rest can go on.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["spool.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/spool/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have parked events tried again, where they were in the line
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["spool.retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/features/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Features of all cells at a time, page by page
         * @description JSON is a page; the other formats are streams of all cells, from `cursor` on where it is given.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["cells.snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Groups of targets, the newest first
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["groups.list"];
        put?: never;
        /**
         * Make a group
         * @description Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["groups.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{group_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A group
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["groups.read"];
        put?: never;
        post?: never;
        /**
         * Delete a group
         * @description Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["groups.remove"];
        options?: never;
        head?: never;
        /**
         * Change a group
         * @description Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        patch: operations["groups.patch"];
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs of the namespace, the newest first
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["jobs.list"];
        put?: never;
        /**
         * Start a job
         * @description Ask for it again at `Location` until its state is final.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["jobs.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/board/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open Bull Board in this browser
         * @description Sets a cookie for the board alone, which stands for the token for a quarter of an hour, or until that is revoked.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["board-session.open"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start up to 1,000 jobs, all of them or none
         * @description A job may depend on others: it waits until they are completed, and is cancelled when one of them fails. Where a parameter is `{{id.result.name}}` it is what that job has found out.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["jobs.createMany"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many jobs there are in each state, and the age of the oldest
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["jobs.counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A job, its progress and its result
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["jobs.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a job before it is done
         * @description It has ended when this answers; a worker that is at it stops within moments.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["jobs.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens to a job, as it happens
         * @description Server-sent events until the job has ended: `state` with a `JobStatus`, `progress` with its `progress`, `log` with a `JobLogLine`, `end` when nothing more will come. Each carries as its id the `seq` of the last line before it; whoever comes back with it as `Last-Event-ID`, at whichever process, misses no line.
         *
         *     Needs the scope `jobs`.
         *
         *     No deadline: the answer flows as long as it is read.
         */
        get: operations["job-events.events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a job said, and what became of it
         * @description Lines are kept within a quarter of a second of being said, the last 1,000 of a job (or the last 512 KB). JSON is a page; NDJSON is all of it.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["job-logs.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a delayed job wait for a worker now
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["jobs.promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What came of a job
         * @description JSON, or the file where the result is one: as it is, its `ETag` the hash of its bytes, resumable by `Range` and `If-Range`. A file is kept for a time (`JOB_RESULT_DAYS`).
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["results.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/result/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the file of a result by a link
         * @description The link has the say, and no token is needed. Resumable by `Range` and `If-Range`.
         *
         *     Open to everyone.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["results.file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/result/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a link to the file of a result
         * @description Good without a token, for this file alone, until it expires. It cannot be called back.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["results.link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{job_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a job that failed or was cancelled wait for a worker again
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["jobs.retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Models of the namespace, the newest first
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["models.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/train": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fit a model, as a job
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["models.train"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A model card: parameters, scores beside the baselines, limits
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["models.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_version}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a model into service
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["models.activate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{model_version}/backtest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Score a model again, as a job
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["models.backtest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/monitoring/cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caches of the process that answers
         * @description Counted since its start; replicas behind one address each answer for themselves.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["cache.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Namespaces the token may see
         * @description Any good token.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["namespaces.list"];
        put?: never;
        /**
         * Make a namespace
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["namespaces.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A namespace
         * @description Any good token.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["namespaces.read"];
        put?: never;
        post?: never;
        /**
         * Delete a namespace with everything in it
         * @description Its tokens, models, targets and risks go at once, its events within moments. The id is not given again.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 30 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["namespaces.remove"];
        options?: never;
        head?: never;
        /**
         * Change a namespace
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        patch: operations["namespaces.patch"];
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description Open to everyone.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["openapi.document"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risk-map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The risk of every cell
         * @description Cells whose centre lies in the box, from the level on, at the resolution of the surface or a coarser one.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["risk.map"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risk-map/tiles.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a map program needs to know of the tiles, as TileJSON 3
         * @description The address of the tiles keeps the parameters of this request.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["tiles.tileJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risk-map/{z}/{x}/{y}.mvt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A tile of the risk map
         * @description Mapbox Vector Tile 2.1 with one layer, `risk`: cells as polygons with the fields of the map. Where tiles would hold more than a few thousand cells, or cells too small to see, their parents stand for them. A tile in which there is nothing has no bytes.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["tiles.tile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risk/assess": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * How likely, how many, how costly at some points or cells
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["risk.assess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Risks, the newest first
         * @description JSON is a page; the other formats are streams of all that fit, from `cursor` on where it is given.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["risks.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risks/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many risks there were, and what became of them
         * @description Risks opened in the last 30 days, at most the newest 200,000, as they stood ten seconds ago at most.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["risks.stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/risks/{risk_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A risk
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["risks.read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Acknowledge, resolve, reopen or comment a risk
         * @description Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        patch: operations["risks.patch"];
        trace?: never;
    };
    "/api/v1/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Schedules, the newest first
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["schedules.list"];
        put?: never;
        /**
         * Have a job done again and again
         * @description At the times of a cron line in a time zone, or every so many seconds. Each due time gives one job, over however many workers. It goes on when the token that made it has ended, until it is paused or deleted.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["schedules.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A schedule, with its last and its next due times
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["schedules.read"];
        put?: never;
        post?: never;
        /**
         * Delete a schedule
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["schedules.remove"];
        options?: never;
        head?: never;
        /**
         * Change, pause or resume a schedule
         * @description A new timing counts from now. What passed while it was paused is not made up for.
         *
         *     Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        patch: operations["schedules.patch"];
        trace?: never;
    };
    "/api/v1/schedules/{schedule_id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start its job now, beside its due times
         * @description Needs the scope `jobs`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["schedules.run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Targets, the newest first
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["targets.list"];
        put?: never;
        /**
         * Make a target
         * @description Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["targets.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/targets/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make many targets
         * @description All of them or none; what is wrong is named by its path, such as `targets.3.shape.radius_m`.
         *
         *     Needs the scope `risk:write`.
         *
         *     Answered within 15 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["targets.createMany"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/targets/{target_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A target
         * @description Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["targets.read"];
        put?: never;
        post?: never;
        /**
         * Delete a target
         * @description Its live risks expire; all its risks stay for the record.
         *
         *     Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["targets.remove"];
        options?: never;
        head?: never;
        /**
         * Change a target
         * @description Needs the scope `risk:write`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        patch: operations["targets.patch"];
        trace?: never;
    };
    "/api/v1/targets/{target_id}/risk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How likely something happens at a target
         * @description Counts and losses of its cells, each by the share of its area that is in the target. Answered from memory.
         *
         *     Needs the scope `risk:read`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["targets.risk"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tokens of the namespace; those of administrators are of none
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["tokens.list"];
        put?: never;
        /**
         * Make a token
         * @description The secret stands in this answer and is never shown again.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["tokens.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/self": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I, and what may I do
         * @description Any good token.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["tokens.self"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token, for good
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        delete: operations["tokens.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{token_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a token another secret
         * @description The old one stops at once, or after `grace_seconds`.
         *
         *     Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["tokens.rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graphql": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a GraphQL query
         * @description The read side of the API: several things in one request, with the fields that are wanted and no others. Depth, cost and size of a query are bounded. Persisted queries are named by extensions.persistedQuery.
         *
         *     Any good token.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        post: operations["graphql.run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness: the process answers
         * @description Open to everyone.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["health.live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures in the text format of Prometheus
         * @description Needs the scope `admin`.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["metrics.index"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readiness: requests can be served, and the state of each store
         * @description Open to everyone.
         *
         *     Answered within 5 s, or ended with `DEADLINE_EXCEEDED`.
         */
        get: operations["health.ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        ActivateInput: {
            /**
             * @description Even where the model loses to a baseline; its card says so.
             * @default false
             */
            force?: boolean;
        };
        /**
         * @description What `amount` of an event is: a loss or count that adds up, a magnitude that does not, or nothing.
         * @enum {string}
         */
        AmountKind: "amount" | "magnitude" | "none";
        AssessAnswer: {
            model_version: string;
            event_type: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            issued_at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            valid_from: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            valid_to: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            data_until: string;
            horizon_hours: number;
            assessments: components["schemas"]["Assessment"][];
        };
        /**
         * @description At least one point or cell, at most 1000 together.
         * @example {
         *       "horizon_hours": 24,
         *       "event_type": "fire",
         *       "points": [
         *         {
         *           "lat": 43.65,
         *           "lon": -79.38
         *         }
         *       ]
         *     }
         */
        AssessInput: {
            /** @default 24 */
            horizon_hours?: number;
            event_type?: string;
            /** @default 0 */
            n_scenarios?: number;
            seed?: number;
            /** @default [] */
            points?: components["schemas"]["Point"][];
            /** @default [] */
            cells?: components["schemas"]["CellId"][];
        };
        Assessment: {
            cell: components["schemas"]["CellId"];
            /** @description Probability of at least one event within the horizon. */
            p_event: number;
            expected_count: number;
            q05: number;
            q50: number;
            q95: number;
            /** @description Expected sum of `amount`. */
            expected_loss: number;
            /** @description Percentile of the cell within the namespace's surface, 0 to 100. */
            risk_score: number;
            level: components["schemas"]["Level"];
            /** @description The point that was asked for; left out where it was a cell. */
            point?: components["schemas"]["Point"];
            /** @description Times the mean of all cells of the surface. */
            relative_risk: number;
            /** @description As many as `n_scenarios` asked for. */
            scenarios?: components["schemas"]["Scenario"][];
        };
        AuditEntry: {
            audit_id: string;
            /** Format: date-time */
            at: string;
            /** @description What was done, as `resource.verb`: `risk.patch`, `token.rotate` */
            action: string;
            /** @description The id of what was changed */
            subject: string;
            namespace_id: string | null;
            /** @description Whose token; null for what the platform did by itself */
            token_id: string | null;
            request_id: string | null;
            before: unknown;
            after: unknown;
        };
        AuditPage: {
            data: components["schemas"]["AuditEntry"][];
            page: components["schemas"]["Page"];
        };
        BacktestInput: {
            /** @default 12 */
            windows?: number;
            /** @default 24 */
            horizon_hours?: number;
        };
        /**
         * @example {
         *       "url": "/bull-board/",
         *       "expires_at": "2026-01-31T08:15:00.000Z"
         *     }
         */
        BoardSession: {
            /** @description Of the board, relative to the address of the platform. */
            url: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            expires_at: string;
        };
        CacheReport: {
            caches: components["schemas"]["CacheState"][];
            memory: {
                limit_bytes: number;
                bytes: number;
                entries: number;
            };
            /**
             * @description The second level; `none`: no Redis is configured.
             * @enum {string}
             */
            redis: "connected" | "away" | "none";
            /** @description The way by which processes tell each other what changed. */
            bus: {
                /** @enum {string} */
                kind: "redis" | "postgres";
                connected: boolean;
            };
        };
        CacheState: {
            name: string;
            /** @description How long a value is fresh, give or take a tenth; null: until invalidated. */
            ttl_ms: number | null;
            /** @description How long beyond it an old value may serve; null: without end. */
            stale_ms: number | null;
            /** @description Where its values are kept. */
            levels: ("memory" | "redis")[];
            hits_memory: number;
            hits_redis: number;
            /** @description Callers that waited for a load. */
            misses: number;
            /** @description Old values served while a new one was made or could not be. */
            stale: number;
            loads: number;
            load_failures: number;
            /** @description Values that left memory for want of room. */
            evictions: number;
            /** @description In memory now. */
            entries: number;
            /** @description In memory now, roughly. */
            bytes: number;
            /** @description Share of the answers that needed no load, stale ones included. */
            hit_ratio: number;
        };
        CellDetail: {
            cell: components["schemas"]["CellId"];
            resolution: number;
            center: components["schemas"]["Point"];
            /** @description Corners as [lon, lat], in order; the ring is not closed. */
            boundary: number[][];
            neighbors: components["schemas"]["CellId"][];
            area_km2: number;
            event_types: {
                event_type: string;
                events: number;
                last: string | null;
            }[];
            /** @description From the current surface for 24 h; null where no surface covers the cell. */
            risk: components["schemas"]["CellRisk"] | null;
        };
        CellFeatures: {
            cell: components["schemas"]["CellId"];
            /**
             * Format: date-time
             * @description When the windows end; it is not part of them.
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            event_type: string;
            counts: components["schemas"]["Windowed"];
            sums: components["schemas"]["Windowed"];
            rings: components["schemas"]["RingFeatures"][];
            hour_of_week: {
                /** @description 0 is Monday 00:00–01:00 in the namespace's time zone. */
                index: number;
                /** @description Events of the cell's whole history in this hour of the week. */
                count: number;
                /** @description Its share of the cell's history; 1/168 would be even. */
                share: number;
            };
        };
        /**
         * @description An H3 cell as 15 hexadecimal digits.
         * @example 872b9bc71ffffff
         */
        CellId: string;
        /**
         * @example {
         *       "cell": "872b9bc71ffffff",
         *       "p_event": 0.131,
         *       "expected_count": 0.14,
         *       "q05": 0,
         *       "q50": 0,
         *       "q95": 1,
         *       "expected_loss": 4120.5,
         *       "risk_score": 87,
         *       "level": "HIGH"
         *     }
         */
        CellRisk: {
            cell: components["schemas"]["CellId"];
            /** @description Probability of at least one event within the horizon. */
            p_event: number;
            expected_count: number;
            q05: number;
            q50: number;
            q95: number;
            /** @description Expected sum of `amount`. */
            expected_loss: number;
            /** @description Percentile of the cell within the namespace's surface, 0 to 100. */
            risk_score: number;
            level: components["schemas"]["Level"];
        };
        /**
         * @example {
         *       "type": "circle",
         *       "center": {
         *         "lat": 43.65,
         *         "lon": -79.38
         *       },
         *       "radius_m": 500
         *     }
         */
        Circle: {
            /** @constant */
            type: "circle";
            center: components["schemas"]["Point"];
            /** @description Metres along the ground, at most 200 km. */
            radius_m: number;
        };
        CreatedToken: {
            token_id: string;
            /** @description null: an administrator's, for every namespace. */
            namespace_id: string | null;
            name: string;
            scopes: components["schemas"]["Scope"][];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            expires_at: string | null;
            revoked_at: string | null;
            /** @description The secret, shown in this answer and never again. */
            token: string;
        };
        /**
         * @example {
         *       "job_id": "0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34",
         *       "type": "model.train",
         *       "params": {
         *         "event_type": "fire"
         *       },
         *       "error": {
         *         "code": "TRAINING_DATA_TOO_THIN",
         *         "message": "There are only 3 events",
         *         "stack": null
         *       },
         *       "attempts": 1,
         *       "failures": 1,
         *       "history": [
         *         {
         *           "attempt": 1,
         *           "at": "2026-01-31T08:00:02.000Z",
         *           "code": "TRAINING_DATA_TOO_THIN",
         *           "message": "only 3 events"
         *         }
         *       ],
         *       "request_id": null,
         *       "created_at": "2026-01-31T08:00:00.000Z",
         *       "died_at": "2026-01-31T08:00:02.000Z"
         *     }
         */
        DeadLetter: {
            job_id: string;
            type: components["schemas"]["JobType"];
            params: {
                [key: string]: unknown;
            };
            error: {
                code: string;
                message: string;
                stack: string | null;
            };
            attempts: number;
            failures: number;
            history: components["schemas"]["JobAttempt"][];
            request_id: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            died_at: string;
        };
        /**
         * @example {
         *       "type": "model.train"
         *     }
         */
        DeadLettersFilter: {
            type?: components["schemas"]["JobType"];
            error_code?: string;
            /**
             * Format: date-time
             * @description Died at this time or later.
             * @example 2026-01-31T08:00:00Z
             */
            from?: string;
            /**
             * Format: date-time
             * @description Died before this time.
             * @example 2026-01-31T08:00:00Z
             */
            to?: string;
        };
        /**
         * @example {
         *       "purged": 12,
         *       "more": false
         *     }
         */
        DeadLettersPurged: {
            purged: number;
            more: boolean;
        };
        /**
         * @example {
         *       "replayed": 12,
         *       "more": false
         *     }
         */
        DeadLettersReplayed: {
            replayed: number;
            more: boolean;
        };
        /**
         * @example {
         *       "event_id": "tor8092",
         *       "timestamp": "2011-01-01T05:49:17.000Z",
         *       "lat": 43.71775,
         *       "lon": -79.48656,
         *       "cell": "872b9bc71ffffff",
         *       "event_type": "fire",
         *       "amount": 60000,
         *       "entity_id": "station-12",
         *       "attrs": {
         *         "cause": "electrical"
         *       }
         *     }
         */
        Event: {
            event_id: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            timestamp: string;
            lat: number;
            lon: number;
            cell: components["schemas"]["CellId"];
            event_type: string;
            amount: number | null;
            entity_id: string | null;
            attrs: {
                [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "event_id": "tor8092",
         *       "timestamp": "2011-01-01T05:49:17Z",
         *       "lat": 43.71775,
         *       "lon": -79.48656,
         *       "event_type": "fire",
         *       "amount": 60000,
         *       "attrs": {
         *         "cause": "electrical"
         *       }
         *     }
         */
        EventInput: {
            /** @description Of the client; the same one again changes nothing. */
            event_id: string;
            /**
             * Format: date-time
             * @description RFC 3339 with a zone.
             * @example 2026-01-31T08:00:00Z
             */
            timestamp: string;
            lat: number;
            lon: number;
            event_type: string;
            amount?: number | null;
            entity_id?: string | null;
            attrs?: {
                [key: string]: string | number | boolean | null;
            } | null;
        };
        EventTypeSummary: {
            event_type: string;
            events: number;
            cells: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            first: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            last: string;
        };
        EventsInput: {
            events: components["schemas"]["EventInput"][];
        };
        ForecasterScore: {
            name: string;
            log_score_per_event: number | null;
            /** @description Nats per event that the model gains over this forecaster; null for the model itself. */
            information_gain: number | null;
            gain_interval: number[] | null;
            pai: {
                [key: string]: number | null;
            };
            brier: number | null;
            coverage: number | null;
        };
        /**
         * @example {
         *       "group_id": "grp_8Jt0yQm2nVx4kQ1z",
         *       "name": "Schools",
         *       "description": "Everything the school board looks after",
         *       "attrs": {
         *         "owner": "board"
         *       },
         *       "created_at": "2026-01-31T08:00:00.000Z",
         *       "updated_at": "2026-01-31T08:00:00.000Z",
         *       "version": 1
         *     }
         */
        Group: {
            /** @example grp_8Jt0yQm2nVx4kQ1z */
            group_id: string;
            name: string;
            description: string | null;
            attrs: {
                [key: string]: string | number | boolean | null;
            };
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            /** @description Rises with every change; its `ETag`. */
            version: number;
        };
        /**
         * @example {
         *       "name": "Schools",
         *       "description": "Everything the school board looks after",
         *       "attrs": {
         *         "owner": "board"
         *       }
         *     }
         */
        GroupInput: {
            name: string;
            /** @default null */
            description?: string | null;
            /**
             * @description Whatever else is known of it: at most 32 names with plain values.
             * @default {}
             */
            attrs?: {
                [key: string]: string | number | boolean | null;
            };
        };
        /**
         * @example {
         *       "name": "Schools and nurseries"
         *     }
         */
        GroupPatch: {
            name?: string;
            description?: string | null;
            /** @description Whatever else is known of it: at most 32 names with plain values. */
            attrs?: {
                [key: string]: string | number | boolean | null;
            };
        };
        /**
         * @example {
         *       "accepted": 1,
         *       "duplicates": 0,
         *       "rejected": [],
         *       "rejected_total": 0,
         *       "buffered": false
         *     }
         */
        IngestAnswer: {
            /** @description Rows that are kept durably. */
            accepted: number;
            /** @description Rows whose `event_id` was there already; they changed nothing. Of buffered rows only repeats among themselves can be told; others change nothing either, when they are written. */
            duplicates: number;
            /** @description The first 1000. */
            rejected: components["schemas"]["RejectedRow"][];
            rejected_total: number;
            /** @description Some rows are kept in the spool, and written to the event store when it takes them; in order, once. */
            buffered: boolean;
        };
        /**
         * @example {
         *       "job_id": "0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34",
         *       "type": "model.train",
         *       "state": "active",
         *       "params": {
         *         "event_type": "fire"
         *       },
         *       "progress": {
         *         "percent": 40,
         *         "message": "Fitting"
         *       },
         *       "result": null,
         *       "error": null,
         *       "attempts": 1,
         *       "priority": 5,
         *       "depends_on": [],
         *       "run_after": "2026-01-31T08:00:00.000Z",
         *       "created_at": "2026-01-31T08:00:00.000Z",
         *       "started_at": "2026-01-31T08:00:01.000Z",
         *       "finished_at": null
         *     }
         */
        Job: {
            job_id: string;
            type: components["schemas"]["JobType"];
            state: components["schemas"]["JobState"];
            params: {
                [key: string]: unknown;
            };
            progress: {
                percent: number;
                message: string;
            };
            result: {
                [key: string]: unknown;
            } | null;
            error: {
                code: string;
                message: string;
            } | null;
            /** @description Times a worker took it, also those that were killed or handed it back. */
            attempts: number;
            priority: number;
            /** @description Jobs that have to complete before it waits for a worker. */
            depends_on: string[];
            /**
             * Format: date-time
             * @description Before this it does not run: a delay, or the pause after a failure.
             * @example 2026-01-31T08:00:00.000Z
             */
            run_after: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            started_at: string | null;
            finished_at: string | null;
        };
        JobAttempt: {
            attempt: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            /** @description The error, or `WORKER_LOST` where the worker vanished. */
            code: string;
            message?: string;
        };
        /**
         * @example {
         *       "states": [
         *         {
         *           "state": "waiting",
         *           "jobs": 2,
         *           "oldest_created_at": "2026-01-31T08:00:00.000Z",
         *           "oldest_age_seconds": 12.5
         *         }
         *       ],
         *       "types": [
         *         {
         *           "type": "surface.refresh",
         *           "state": "waiting",
         *           "jobs": 2
         *         }
         *       ]
         *     }
         */
        JobCounts: {
            states: {
                state: components["schemas"]["JobState"];
                jobs: number;
                oldest_created_at: string | null;
                oldest_age_seconds: number | null;
            }[];
            types: {
                type: string;
                state: components["schemas"]["JobState"];
                jobs: number;
            }[];
        };
        /**
         * @example {
         *       "type": "model.train",
         *       "params": {
         *         "event_type": "fire"
         *       }
         *     }
         */
        JobInput: {
            type: components["schemas"]["JobType"];
            /**
             * @description As the type takes them.
             * @default {}
             */
            params?: {
                [key: string]: unknown;
            };
            /** @description 1 comes first; where it is left out, as the type has it (mostly 5). */
            priority?: number;
            /** @default 0 */
            delay_ms?: number;
        };
        /** @enum {string} */
        JobLogLevel: "debug" | "info" | "warn" | "error";
        /**
         * @example {
         *       "seq": 2,
         *       "at": "2026-01-31T08:00:01.250Z",
         *       "attempt": 1,
         *       "level": "info",
         *       "message": "12,400 events read"
         *     }
         */
        JobLogLine: {
            /** @description Counts the lines of the job from 1. Old lines of a long log are dropped. */
            seq: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            /** @description Which attempt said it; 0: none, as when somebody cancelled the job. */
            attempt: number;
            level: components["schemas"]["JobLogLevel"];
            message: string;
        };
        /**
         * @description As the type of the job has it.
         * @example {
         *       "model_version": "fire-3"
         *     }
         */
        JobResult: {
            [key: string]: unknown;
        };
        /** @enum {string} */
        JobState: "waiting" | "delayed" | "active" | "completed" | "failed" | "cancelled";
        /** @enum {string} */
        JobType: "model.train" | "model.backtest" | "surface.refresh" | "export" | "archive" | "retention" | "events.erase";
        JobsBulk: {
            jobs: components["schemas"]["Job"][];
        };
        /**
         * @example {
         *       "jobs": [
         *         {
         *           "id": "train",
         *           "type": "model.train",
         *           "params": {
         *             "event_type": "fire"
         *           }
         *         },
         *         {
         *           "type": "model.backtest",
         *           "params": {
         *             "model_version": "{{train.result.model_version}}"
         *           },
         *           "depends_on": [
         *             "train"
         *           ]
         *         }
         *       ]
         *     }
         */
        JobsBulkInput: {
            jobs: {
                type: components["schemas"]["JobType"];
                /**
                 * @description As the type takes them.
                 * @default {}
                 */
                params?: {
                    [key: string]: unknown;
                };
                /** @description 1 comes first; where it is left out, as the type has it (mostly 5). */
                priority?: number;
                /** @default 0 */
                delay_ms?: number;
                /** @description What the others of this request call it. */
                id?: string;
                /**
                 * @description Jobs that have to complete first, by their `id` here or their `job_id`.
                 * @default []
                 */
                depends_on?: string[];
            }[];
        };
        /**
         * @description By the namespace's thresholds for the probability of an event.
         * @enum {string}
         */
        Level: "LOW" | "MODERATE" | "HIGH" | "CRITICAL";
        /**
         * @description From which probability on a level begins. They rise: MODERATE < HIGH < CRITICAL.
         * @example {
         *       "MODERATE": 0.05,
         *       "HIGH": 0.15,
         *       "CRITICAL": 0.4
         *     }
         */
        LevelThresholds: {
            MODERATE: number;
            HIGH: number;
            CRITICAL: number;
        };
        Liveness: {
            /** @constant */
            status: "ok";
        };
        Model: {
            model_version: string;
            event_type: string;
            status: components["schemas"]["ModelStatus"];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            activated_at: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            trained_from: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            trained_to: string;
            events: number;
            cells: number;
            /** @description Events that one event sets off, directly; below 1. */
            branching_ratio: number;
            /** @description Whether it beats every baseline; null before it was scored. */
            passes: boolean | null;
            parameters: {
                [key: string]: unknown;
            };
            diagnostics: {
                [key: string]: unknown;
            };
            scores: components["schemas"]["ModelScores"] | null;
            /** @description What the model cannot say. */
            notes: string[];
        };
        ModelScores: {
            windows: number;
            horizon_hours: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            to: string;
            events: number;
            forecasters: components["schemas"]["ForecasterScore"][];
            passes: boolean;
            loses_to: string[];
        };
        /** @enum {string} */
        ModelStatus: "candidate" | "active" | "retired";
        ModelSummary: {
            model_version: string;
            event_type: string;
            status: components["schemas"]["ModelStatus"];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            activated_at: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            trained_from: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            trained_to: string;
            events: number;
            cells: number;
            /** @description Events that one event sets off, directly; below 1. */
            branching_ratio: number;
            /** @description Whether it beats every baseline; null before it was scored. */
            passes: boolean | null;
        };
        /**
         * @example {
         *       "namespace_id": "toronto",
         *       "name": "Toronto",
         *       "h3_resolution": 7,
         *       "time_zone": "America/Toronto",
         *       "levels": {
         *         "MODERATE": 0.05,
         *         "HIGH": 0.15,
         *         "CRITICAL": 0.4
         *       },
         *       "amount_kind": "amount",
         *       "retention": {
         *         "events_days": 3650,
         *         "assessments_days": 730,
         *         "risks_days": null
         *       },
         *       "created_at": "2026-01-31T08:00:00.000Z",
         *       "version": 1
         *     }
         */
        Namespace: {
            namespace_id: string;
            name: string;
            h3_resolution: number;
            time_zone: string;
            levels: components["schemas"]["LevelThresholds"];
            amount_kind: components["schemas"]["AmountKind"];
            retention: components["schemas"]["Retention"];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            /** @description Rises with every change; its `ETag`. */
            version: number;
        };
        /**
         * @example {
         *       "namespace_id": "toronto",
         *       "name": "Toronto",
         *       "h3_resolution": 7
         *     }
         */
        NamespaceInput: {
            namespace_id: string;
            /** @description The id where it is left out. */
            name?: string;
            /**
             * @description Resolution of the grid. Fixed once the namespace is made.
             * @default 7
             */
            h3_resolution?: number;
            /**
             * @description An IANA time zone.
             * @default UTC
             * @example America/Toronto
             */
            time_zone?: string;
            /**
             * @default {
             *       "MODERATE": 0.05,
             *       "HIGH": 0.15,
             *       "CRITICAL": 0.4
             *     }
             */
            levels?: components["schemas"]["LevelThresholds"];
            /** @default amount */
            amount_kind?: components["schemas"]["AmountKind"];
            retention?: {
                /** @description Events, by their time. */
                events_days?: number | null;
                /** @description What surfaces said of cells, by the time they were issued. */
                assessments_days?: number | null;
                /** @description Risks, by the time since which they are resolved or expired. */
                risks_days?: number | null;
            };
        };
        /**
         * @example {
         *       "levels": {
         *         "MODERATE": 0.05,
         *         "HIGH": 0.15,
         *         "CRITICAL": 0.4
         *       }
         *     }
         */
        NamespacePatch: {
            name?: string;
            levels?: components["schemas"]["LevelThresholds"];
            /** @description What is left out stays as it is. */
            retention?: {
                /** @description Events, by their time. */
                events_days?: number | null;
                /** @description What surfaces said of cells, by the time they were issued. */
                assessments_days?: number | null;
                /** @description Risks, by the time since which they are resolved or expired. */
                risks_days?: number | null;
            };
        };
        Page: {
            limit: number;
            /** @description For the next page; null on the last. */
            next_cursor: string | null;
            has_more: boolean;
        };
        /**
         * @description Degrees, WGS 84.
         * @example {
         *       "lat": 43.65,
         *       "lon": -79.38
         *     }
         */
        Point: {
            lat: number;
            lon: number;
        };
        /**
         * @example {
         *       "type": "polygon",
         *       "coordinates": [
         *         [
         *           [
         *             -79.4,
         *             43.64
         *           ],
         *           [
         *             -79.36,
         *             43.64
         *           ],
         *           [
         *             -79.36,
         *             43.67
         *           ],
         *           [
         *             -79.4,
         *             43.67
         *           ],
         *           [
         *             -79.4,
         *             43.64
         *           ]
         *         ]
         *       ]
         *     }
         */
        Polygon: {
            /** @constant */
            type: "polygon";
            /** @description Rings of [lon, lat] as in GeoJSON, each ending with the position it begins with: the outer one, then holes. At most 1000 corners in all, none farther than 500 km from the middle. Edges are the shortest lines on the globe; across the antimeridian or around a pole nothing special is to be written. */
            coordinates: [
                number,
                number
            ][][];
        };
        /** @description RFC 9457 problem details. */
        Problem: {
            /** @description A URN made of the code. */
            type: string;
            /** @description What the code means, for people; the same for every such problem. */
            title: string;
            status: number;
            /** @description What went wrong this time, for people. */
            detail: string;
            /** @description The path of the request. */
            instance: string;
            /** @description Stable; clients branch on it. Later versions may add codes. */
            code: string;
            /** @description Under which the log has more. */
            request_id: string;
            /** @description Every failing field of a bad request, with its path. */
            errors: {
                path: string;
                message: string;
            }[];
        } & {
            [key: string]: unknown;
        };
        Readiness: {
            /** @enum {string} */
            status: "ok" | "degraded" | "unavailable";
            dependencies: {
                [key: string]: {
                    /** @enum {string} */
                    status: "up" | "down";
                    latency_ms: number | null;
                    detail: string | null;
                };
            };
        };
        RejectedRow: {
            /** @description Of the row in `events`, from 0. */
            index?: number;
            /** @description Of the row in the stream, from 1. */
            line?: number;
            /** @enum {string} */
            code: "EVENT_MALFORMED" | "EVENT_FIELD_MISSING" | "EVENT_FIELD_INVALID" | "EVENT_FIELD_UNKNOWN" | "EVENT_ID_INVALID" | "EVENT_TYPE_INVALID" | "EVENT_LAT_OUT_OF_RANGE" | "EVENT_LON_OUT_OF_RANGE" | "EVENT_LAT_LON_SWAPPED" | "EVENT_NULL_ISLAND" | "EVENT_TIME_INVALID" | "EVENT_TIME_ZONE_MISSING" | "EVENT_TIME_IN_FUTURE" | "EVENT_TIME_TOO_EARLY" | "EVENT_AMOUNT_OUT_OF_RANGE" | "EVENT_ATTRS_TOO_LARGE" | "EVENT_LINE_TOO_LONG";
            field: string | null;
            detail: string;
        };
        /**
         * @description A file that a job made, to be downloaded from its result.
         * @example {
         *       "name": "events.csv",
         *       "media_type": "text/csv; charset=utf-8",
         *       "bytes": 1048576,
         *       "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         *     }
         */
        ResultFile: {
            /**
             * @description What it is saved as.
             * @example events.csv
             */
            name: string;
            media_type: string;
            bytes: number;
            sha256: string;
        };
        /**
         * @example {
         *       "url": "/api/v1/jobs/0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34/result/file?sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08&expires=1769850000&signature=q1b3Yw",
         *       "expires_at": "2026-01-31T09:00:00.000Z",
         *       "file": {
         *         "name": "events.csv",
         *         "media_type": "text/csv; charset=utf-8",
         *         "bytes": 1048576,
         *         "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         *       }
         *     }
         */
        ResultLink: {
            /** @description Relative to the address of the platform. Whoever has it may download the file, and nothing else. */
            url: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            expires_at: string;
            file: components["schemas"]["ResultFile"];
        };
        /**
         * @example {
         *       "expires_in_seconds": 900
         *     }
         */
        ResultLinkInput: {
            /**
             * @description How long the link is good; never longer than the file is kept.
             * @default 3600
             */
            expires_in_seconds?: number;
        };
        /**
         * @description Whole days (UTC) after which the job `retention` deletes; null: never.
         * @example {
         *       "events_days": 3650,
         *       "assessments_days": 730,
         *       "risks_days": null
         *     }
         */
        Retention: {
            /** @description Events, by their time. */
            events_days: number | null;
            /** @description What surfaces said of cells, by the time they were issued. */
            assessments_days: number | null;
            /** @description Risks, by the time since which they are resolved or expired. */
            risks_days: number | null;
        };
        RingFeatures: {
            /** @description Steps from the cell. */
            ring: number;
            /** @description Cells of the ring. */
            cells: number;
            counts: components["schemas"]["Windowed"];
            sums: components["schemas"]["Windowed"];
        };
        /**
         * @example {
         *       "risk_id": "rsk_8Jt0yQm2nVx4",
         *       "timestamp": "2026-01-31T08:00:00.000Z",
         *       "status": "open",
         *       "level": "HIGH",
         *       "cell": {
         *         "id": "872b9bc71ffffff",
         *         "center": {
         *           "lat": 43.653,
         *           "lon": -79.383
         *         }
         *       },
         *       "target_id": null,
         *       "event_type": "fire",
         *       "p_event": 0.18,
         *       "expected_count": 0.2,
         *       "horizon_hours": 24,
         *       "model_version": "fire-3",
         *       "acknowledged_by": null,
         *       "comment": null,
         *       "updated_at": "2026-01-31T08:00:00.000Z",
         *       "version": 1
         *     }
         */
        Risk: {
            risk_id: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            timestamp: string;
            status: components["schemas"]["RiskStatus"];
            level: components["schemas"]["Level"];
            /** @description Of the risk of a target: the cell that holds most of it. */
            cell: {
                id: components["schemas"]["CellId"];
                center: components["schemas"]["Point"];
            };
            target_id: string | null;
            event_type: string;
            p_event: number;
            expected_count: number;
            horizon_hours: number;
            model_version: string;
            acknowledged_by: string | null;
            comment: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            version: number;
        };
        /**
         * @example {
         *       "status": "acknowledged",
         *       "comment": "Crew on the way"
         *     }
         */
        RiskPatch: {
            /** @enum {string} */
            status?: "acknowledged" | "resolved" | "open";
            comment?: string | null;
        };
        /**
         * @example {
         *       "from": "2026-01-02T00:00:00.000Z",
         *       "to": "2026-01-31T08:00:00.000Z",
         *       "total": 3,
         *       "complete": true,
         *       "by_status": {
         *         "open": 1,
         *         "acknowledged": 1,
         *         "resolved": 0,
         *         "expired": 1
         *       },
         *       "by_level": {
         *         "LOW": 0,
         *         "MODERATE": 0,
         *         "HIGH": 2,
         *         "CRITICAL": 1
         *       },
         *       "by_event_type": {
         *         "fire": 3
         *       },
         *       "opened_per_day": [
         *         {
         *           "day": "2026-01-31",
         *           "opened": 3
         *         }
         *       ],
         *       "mean_time_to_acknowledge_seconds": 840
         *     }
         */
        RiskStats: {
            /**
             * Format: date-time
             * @description Counted are the risks opened since, which is the beginning of a day in UTC.
             * @example 2026-01-31T08:00:00.000Z
             */
            from: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            to: string;
            total: number;
            /** @description false: there were more than 200000, and only the newest are counted. */
            complete: boolean;
            /** @description Every status, also with 0. */
            by_status: {
                [key: string]: number;
            };
            /** @description Every level, also with 0. */
            by_level: {
                [key: string]: number;
            };
            /** @description Every type that has any. */
            by_event_type: {
                [key: string]: number;
            };
            /** @description The last 30 days in UTC, the oldest first, also with 0. */
            opened_per_day: {
                day: string;
                opened: number;
            }[];
            /** @description From opening to the first acknowledgement or resolution; null where there was none. */
            mean_time_to_acknowledge_seconds: number | null;
        };
        /** @enum {string} */
        RiskStatus: "open" | "acknowledged" | "resolved" | "expired";
        Scenario: {
            scenario_id: number;
            count: number;
            risk_value: number;
        };
        /**
         * @example {
         *       "schedule_id": "sch_1Jd0qZ8mXv3k2PqT",
         *       "name": "Fit anew every night",
         *       "type": "model.train",
         *       "params": {
         *         "event_type": "fire"
         *       },
         *       "priority": null,
         *       "cron": "30 2 * * *",
         *       "time_zone": "America/Toronto",
         *       "every_seconds": null,
         *       "catch_up": "last",
         *       "catch_up_most": 100,
         *       "paused": false,
         *       "next_due_at": "2026-02-01T07:30:00.000Z",
         *       "preview": [
         *         "2026-02-01T07:30:00.000Z",
         *         "2026-02-02T07:30:00.000Z"
         *       ],
         *       "last_due_at": "2026-01-31T07:30:00.000Z",
         *       "last_fired_at": "2026-01-31T07:30:00.412Z",
         *       "last_job_id": "0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34",
         *       "last_error": null,
         *       "created_at": "2026-01-30T12:00:00.000Z",
         *       "updated_at": "2026-01-30T12:00:00.000Z",
         *       "version": 1
         *     }
         */
        Schedule: {
            schedule_id: string;
            name: string;
            type: components["schemas"]["JobType"];
            params: {
                [key: string]: unknown;
            };
            priority: number | null;
            cron: string | null;
            time_zone: string;
            every_seconds: number | null;
            /**
             * @description What becomes of due times that passed while no worker ran: none is made up for, the latest, or the latest `catch_up_most`. What passed more than 31 days ago is not.
             * @enum {string}
             */
            catch_up: "skip" | "last" | "all";
            catch_up_most: number;
            paused: boolean;
            /** @description null while it is paused. */
            next_due_at: string | null;
            /** @description The next due times, were it not paused. */
            preview: string[];
            last_due_at: string | null;
            last_fired_at: string | null;
            last_job_id: string | null;
            /** @description Why the last due time gave no job. */
            last_error: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            version: number;
        };
        /**
         * @example {
         *       "name": "Fit anew every night",
         *       "type": "model.train",
         *       "params": {
         *         "event_type": "fire"
         *       },
         *       "cron": "30 2 * * *",
         *       "time_zone": "America/Toronto"
         *     }
         */
        ScheduleInput: {
            name: string;
            type: components["schemas"]["JobType"];
            /** @default {} */
            params?: {
                [key: string]: unknown;
            };
            priority?: number;
            /** @example 30 2 * * * */
            cron?: string;
            /**
             * @description Of the cron line; an interval has none.
             * @default UTC
             * @example America/Toronto
             */
            time_zone?: string;
            every_seconds?: number;
            /**
             * @description What becomes of due times that passed while no worker ran: none is made up for, the latest, or the latest `catch_up_most`. What passed more than 31 days ago is not.
             * @default last
             * @enum {string}
             */
            catch_up?: "skip" | "last" | "all";
            /** @default 100 */
            catch_up_most?: number;
            /** @default false */
            paused?: boolean;
        };
        /**
         * @example {
         *       "paused": true
         *     }
         */
        SchedulePatch: {
            name?: string;
            params?: {
                [key: string]: unknown;
            };
            priority?: number;
            /** @example 30 2 * * * */
            cron?: string;
            /**
             * @description Of the cron line; an interval has none.
             * @example America/Toronto
             */
            time_zone?: string;
            every_seconds?: number;
            /**
             * @description What becomes of due times that passed while no worker ran: none is made up for, the latest, or the latest `catch_up_most`. What passed more than 31 days ago is not.
             * @enum {string}
             */
            catch_up?: "skip" | "last" | "all";
            catch_up_most?: number;
            paused?: boolean;
        };
        /** @enum {string} */
        Scope: "events:write" | "risk:read" | "risk:write" | "jobs" | "admin";
        /**
         * @example {
         *       "batches": 1,
         *       "rows": 1
         *     }
         */
        SpoolRetry: {
            batches: number;
            rows: number;
        };
        /**
         * @example {
         *       "waiting": {
         *         "batches": 12,
         *         "rows": 4210,
         *         "bytes": 131072,
         *         "oldest_at": "2026-11-27T16:03:12Z"
         *       },
         *       "parked": {
         *         "batches": 0,
         *         "rows": 0,
         *         "bytes": 0,
         *         "oldest_at": null,
         *         "last_error": null
         *       }
         *     }
         */
        SpoolState: {
            /** @description Written as soon as the event store takes them. */
            waiting: {
                batches: number;
                rows: number;
                /** @description Compressed, as they lie there. */
                bytes: number;
                /** @description When the first of them was taken. */
                oldest_at: string | null;
            };
            /** @description Refused by the event store; they stay until they are tried again. */
            parked: {
                batches: number;
                rows: number;
                /** @description Compressed, as they lie there. */
                bytes: number;
                /** @description When the first of them was taken. */
                oldest_at: string | null;
                last_error: string | null;
            };
        };
        /**
         * @example {
         *       "target_id": "tgt_5bQm2nVx4kQ1zJt0",
         *       "name": "Union Station",
         *       "group_id": "grp_8Jt0yQm2nVx4kQ1z",
         *       "shape": {
         *         "type": "circle",
         *         "center": {
         *           "lat": 43.645,
         *           "lon": -79.3806
         *         },
         *         "radius_m": 500
         *       },
         *       "attrs": {
         *         "kind": "station"
         *       },
         *       "levels": null,
         *       "cells_count": 2,
         *       "area_km2": 0.785398,
         *       "created_at": "2026-01-31T08:00:00.000Z",
         *       "updated_at": "2026-01-31T08:00:00.000Z",
         *       "version": 1
         *     }
         */
        Target: {
            /** @example tgt_5bQm2nVx4kQ1zJt0 */
            target_id: string;
            name: string;
            group_id: string | null;
            shape: components["schemas"]["Circle"] | components["schemas"]["Polygon"];
            attrs: {
                [key: string]: string | number | boolean | null;
            };
            levels: components["schemas"]["LevelThresholds"] | null;
            /** @description Cells of the grid it lies in. */
            cells_count: number;
            area_km2: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            /** @description Rises with every change; its `ETag`. */
            version: number;
        };
        /**
         * @example {
         *       "name": "Union Station",
         *       "group_id": "grp_8Jt0yQm2nVx4kQ1z",
         *       "shape": {
         *         "type": "circle",
         *         "center": {
         *           "lat": 43.645,
         *           "lon": -79.3806
         *         },
         *         "radius_m": 500
         *       },
         *       "attrs": {
         *         "kind": "station"
         *       },
         *       "levels": null
         *     }
         */
        TargetInput: {
            name: string;
            /** @default null */
            group_id?: string | null;
            shape: components["schemas"]["Circle"] | components["schemas"]["Polygon"];
            /**
             * @description Whatever else is known of it: at most 32 names with plain values.
             * @default {}
             */
            attrs?: {
                [key: string]: string | number | boolean | null;
            };
            /**
             * @description Thresholds of its own for the levels of its probability; null: the namespace's, which are made for a single cell.
             * @default null
             */
            levels?: components["schemas"]["LevelThresholds"] | null;
        };
        /**
         * @example {
         *       "group_id": null
         *     }
         */
        TargetPatch: {
            name?: string;
            group_id?: string | null;
            shape?: components["schemas"]["Circle"] | components["schemas"]["Polygon"];
            /** @description Whatever else is known of it: at most 32 names with plain values. */
            attrs?: {
                [key: string]: string | number | boolean | null;
            };
            /** @description Thresholds of its own for the levels of its probability; null: the namespace's, which are made for a single cell. */
            levels?: components["schemas"]["LevelThresholds"] | null;
        };
        /**
         * @example {
         *       "target_id": "tgt_5bQm2nVx4kQ1zJt0",
         *       "model_version": "fire-3",
         *       "event_type": "fire",
         *       "issued_at": "2026-01-31T08:00:00.000Z",
         *       "valid_from": "2026-01-31T08:00:00.000Z",
         *       "valid_to": "2026-02-01T08:00:00.000Z",
         *       "data_until": "2026-01-31T07:58:12.000Z",
         *       "horizon_hours": 24,
         *       "p_event": 0.041,
         *       "expected_count": 0.0424,
         *       "q05": 0,
         *       "q50": 0,
         *       "q95": 0,
         *       "expected_loss": 810.4,
         *       "level": "LOW",
         *       "relative_risk": 8.1,
         *       "coverage": 1
         *     }
         */
        TargetRisk: {
            /** @example tgt_5bQm2nVx4kQ1zJt0 */
            target_id: string;
            model_version: string;
            event_type: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            issued_at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            valid_from: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            valid_to: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            data_until: string;
            horizon_hours: number;
            /** @description Probability of at least one event there within the horizon. */
            p_event: number;
            expected_count: number;
            q05: number;
            q50: number;
            q95: number;
            /** @description Expected sum of `amount`. */
            expected_loss: number;
            level: components["schemas"]["Level"];
            /** @description Expected count on the ground of one cell, over that of the average cell of the surface. */
            relative_risk: number;
            /** @description Part of the target's area that the surface speaks of, 0 to 1; the rest is not counted. */
            coverage: number;
        };
        TargetsBulk: {
            created: number;
            targets: components["schemas"]["Target"][];
        };
        /**
         * @example {
         *       "targets": [
         *         {
         *           "name": "Union Station",
         *           "group_id": "grp_8Jt0yQm2nVx4kQ1z",
         *           "shape": {
         *             "type": "circle",
         *             "center": {
         *               "lat": 43.645,
         *               "lon": -79.3806
         *             },
         *             "radius_m": 500
         *           },
         *           "attrs": {
         *             "kind": "station"
         *           },
         *           "levels": null
         *         }
         *       ]
         *     }
         */
        TargetsBulkInput: {
            targets: components["schemas"]["TargetInput"][];
        };
        TileJson: {
            /** @constant */
            tilejson: "3.0.0";
            name: string;
            description: string;
            /** @constant */
            scheme: "xyz";
            /** @description Addresses with {z}, {x} and {y} in them. */
            tiles: string[];
            minzoom: number;
            /** @description Deeper tiles show nothing more; map programs enlarge these. */
            maxzoom: number;
            /** @description west, south, east, north */
            bounds: number[];
            vector_layers: {
                id: string;
                description: string;
                minzoom: number;
                maxzoom: number;
                fields: {
                    [key: string]: string;
                };
            }[];
        };
        /**
         * @example {
         *       "token_id": "0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34",
         *       "namespace_id": "toronto",
         *       "name": "Duty desk",
         *       "scopes": [
         *         "risk:read",
         *         "risk:write"
         *       ],
         *       "created_at": "2026-01-31T08:00:00.000Z",
         *       "expires_at": "2027-01-31T08:00:00.000Z",
         *       "revoked_at": null
         *     }
         */
        Token: {
            token_id: string;
            /** @description null: an administrator's, for every namespace. */
            namespace_id: string | null;
            name: string;
            scopes: components["schemas"]["Scope"][];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            expires_at: string | null;
            revoked_at: string | null;
        };
        /**
         * @example {
         *       "name": "Duty desk",
         *       "scopes": [
         *         "risk:read",
         *         "risk:write"
         *       ]
         *     }
         */
        TokenInput: {
            /** @description Who or what uses it, for people. */
            name: string;
            scopes: components["schemas"]["Scope"][];
            /** @default 365 */
            expires_in_days?: number;
        };
        TokenSelf: {
            token_id: string;
            name: string;
            scopes: components["schemas"]["Scope"][];
            namespace: components["schemas"]["Namespace"];
        };
        /**
         * @example {
         *       "event_type": "fire",
         *       "activate": true
         *     }
         */
        TrainInput: {
            /** @description Where the namespace has one, that one; `all` for their union. */
            event_type?: string;
            /**
             * Format: date-time
             * @description RFC 3339 with a zone.
             * @example 2026-01-31T08:00:00Z
             */
            from?: string;
            /**
             * Format: date-time
             * @description RFC 3339 with a zone.
             * @example 2026-01-31T08:00:00Z
             */
            to?: string;
            /** @description Events below it are left out. */
            min_amount?: number;
            /**
             * @description Put the model into service when it beats every baseline.
             * @default false
             */
            activate?: boolean;
            /**
             * @description Put it into service even where it loses to one; the card says so.
             * @default false
             */
            force?: boolean;
        };
        /** @description One figure for each window that ends at `at`. */
        Windowed: {
            "1h": number;
            "24h": number;
            "7d": number;
            "28d": number;
        };
    };
    responses: never;
    parameters: {
        /** @description The namespace to act in. A token's own where it belongs to one; an administrator's token names it here, `default` where it is left out. */
        Namespace: string;
        /** @description Comes back with the answer and stands in the log. One is made where it is left out or has another form. */
        RequestId: string;
        /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
        IdempotencyKey: string;
        /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
        IfMatch: string;
        /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
        IfNoneMatch: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
interface operations {
    "audit-log.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                action?: string;
                subject?: string;
                token_id?: string;
                /** @description RFC 3339 with a zone. */
                from?: string;
                /** @description RFC 3339 with a zone. */
                to?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `audit_id`, `at`, `action`, `subject`, `namespace_id`, `token_id`, `request_id`, `before`, `after`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who changed what in the namespace, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "batch.run": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `results`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description In the order given, or side by side as far as `depends_on` allows.
                     * @default parallel
                     * @enum {string}
                     */
                    mode?: "parallel" | "sequential";
                    /**
                     * @description All or nothing, in the order given. Only writes that can be taken back may be part of it.
                     * @default false
                     */
                    atomic?: boolean;
                    operations: {
                        /** @description Names the operation in `depends_on`, in references and in the answer; once in a batch. */
                        id: string;
                        /** @enum {string} */
                        method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
                        /**
                         * Format: starts_with
                         * @description The address below `/api/v1`, with its query. May hold references such as `{{a.body.id}}`.
                         */
                        path: string;
                        /**
                         * @description Of these alone: accept, if-match, if-none-match, idempotency-key. Values may hold references.
                         * @default {}
                         */
                        headers?: {
                            [key: string]: string;
                        };
                        /** @description Sent as JSON. Its texts may hold references; one that is nothing else keeps the type. */
                        body?: unknown;
                        /**
                         * @description Operations that must have succeeded before this one runs, and whose results it may refer to.
                         * @default []
                         */
                        depends_on?: string[];
                    }[];
                };
            };
        };
        responses: {
            /** @description Run many operations in one request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "results": [
                     *         {
                     *           "id": "a",
                     *           "status": 200,
                     *           "headers": {
                     *             "content-type": "application/json; charset=utf-8"
                     *           },
                     *           "body": {
                     *             "data": []
                     *           }
                     *         },
                     *         {
                     *           "id": "b",
                     *           "status": 204,
                     *           "headers": {},
                     *           "body": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        results: {
                            /** @description Names the operation in `depends_on`, in references and in the answer; once in a batch. */
                            id: string;
                            /** @description The HTTP status the operation alone would have had. */
                            status: number;
                            headers: {
                                [key: string]: string;
                            };
                            /** @description JSON as it is, other text as a string; null where there is none. */
                            body: unknown;
                        }[];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "cells.detail": {
        parameters: {
            query?: {
                event_type?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `cell`, `resolution`, `center`, `boundary`, `neighbors`, `area_km2`, `event_types`, `risk`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                cell: components["schemas"]["CellId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A cell: where it is, what happened there, how likely the next event is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CellDetail"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "cells.ofCell": {
        parameters: {
            query?: {
                /** @description Now where it is left out. */
                at?: string;
                event_type?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `cell`, `at`, `event_type`, `counts`, `sums`, `rings`, `hour_of_week`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                cell: components["schemas"]["CellId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Windowed features of a cell at a time */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CellFeatures"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dead-letters.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                type?: components["schemas"]["JobType"];
                error_code?: string;
                /** @description Died at this time or later. */
                from?: string;
                /** @description Died before this time. */
                to?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `params`, `error`, `attempts`, `failures`, `history`, `request_id`, `created_at`, `died_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs that failed for good, the last first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["DeadLetter"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dead-letters.purge": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `purged`, `more`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forget them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLettersPurged"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dead-letters.replayAll": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `replayed`, `more`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeadLettersFilter"];
            };
        };
        responses: {
            /** @description Let them wait for a worker again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLettersReplayed"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dead-letters.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `params`, `error`, `attempts`, `failures`, `history`, `request_id`, `created_at`, `died_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job that failed for good, with what went wrong each time */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetter"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dead-letters.purgeOne": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "dead-letters.replay": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Let one wait for a worker again, with all its attempts before it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "openapi.page": {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This document as a page to read and try */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "events.types": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `data`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event types of the namespace, and what is there of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EventTypeSummary"][];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "events.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description RFC 3339 with a zone. */
                from?: string;
                /** @description RFC 3339 with a zone. */
                to?: string;
                /** @description `west,south,east,north` in degrees; west exceeds east where the box crosses the antimeridian. */
                bbox?: string;
                /** @description `lon,lat;lon,lat;…` in degrees, 3 to 200 corners; the ring closes itself. */
                polygon?: string;
                cell?: components["schemas"]["CellId"];
                event_type?: string;
                entity_id?: string;
                /** @description How the answer is written; without it `Accept` decides. */
                format?: "json" | "ndjson" | "csv" | "geojson" | "parquet" | "arrow";
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `event_id`, `timestamp`, `lat`, `lon`, `cell`, `event_type`, `amount`, `entity_id`, `attrs`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Event"][];
                        page: components["schemas"]["Page"];
                    };
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/geo+json": {
                        /** @constant */
                        type: "FeatureCollection";
                        features: Record<string, never>[];
                    };
                    "application/vnd.apache.parquet": string;
                    "application/vnd.apache.arrow.stream": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "events.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `accepted`, `duplicates`, `rejected`, `rejected_total`, `buffered`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description `application/json`: The rows, with their fields as JSON. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventsInput"];
            };
        };
        responses: {
            /** @description Send events */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAnswer"];
                };
            };
            /** @description Taken; some rows are in the spool (`buffered`) and go to the event store when it takes them. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAnswer"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "events.bulk": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `accepted`, `duplicates`, `rejected`, `rejected_total`, `buffered`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * @description `application/x-ndjson`: An event as JSON on each line.
         *
         *     `text/csv`: A header line that names the fields, then a row an event; `attrs.x` is a field of `attrs`.
         *
         *     `application/vnd.apache.parquet`: A file with a column for each field; `attrs` is JSON or a struct, `attrs.x` a field of it.
         */
        requestBody: {
            content: {
                "application/x-ndjson": string;
                "text/csv": string;
                "application/vnd.apache.parquet": string;
            };
        };
        responses: {
            /** @description Send a stream of events */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAnswer"];
                };
            };
            /** @description Taken; some rows are in the spool (`buffered`) and go to the event store when it takes them. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAnswer"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "spool.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `waiting`, `parked`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events of the namespace that are not in the event store yet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpoolState"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "spool.retry": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `batches`, `rows`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Have parked events tried again, where they were in the line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpoolRetry"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "cells.snapshot": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description Now where it is left out. */
                time?: string;
                event_type?: string;
                /** @description How the answer is written; without it `Accept` decides. */
                format?: "json" | "ndjson" | "csv" | "parquet" | "arrow";
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `cell`, `at`, `event_type`, `counts`, `sums`, `rings`, `hour_of_week`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Features of all cells at a time, page by page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-01-31T08:00:00.000Z
                         */
                        at: string;
                        event_type: string;
                        data: components["schemas"]["CellFeatures"][];
                        page: components["schemas"]["Page"];
                    };
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.apache.parquet": string;
                    "application/vnd.apache.arrow.stream": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "groups.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description Those whose name begins with this, in capitals or not. */
                q?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `group_id`, `name`, `description`, `attrs`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Groups of targets, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Group"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "groups.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `group_id`, `name`, `description`, `attrs`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupInput"];
            };
        };
        responses: {
            /** @description Make a group */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "groups.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `group_id`, `name`, `description`, `attrs`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "groups.remove": {
        parameters: {
            query?: {
                /** @description `detach`: its targets stay and belong to no group. Without it a group that has any is kept. */
                targets?: "detach";
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "groups.patch": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `group_id`, `name`, `description`, `attrs`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupPatch"];
            };
        };
        responses: {
            /** @description Change a group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                state?: components["schemas"]["JobState"];
                type?: components["schemas"]["JobType"];
                /** @description By the time they were asked for: the newest first, or the oldest. */
                sort?: "-created_at" | "created_at";
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs of the namespace, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Job"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobInput"];
            };
        };
        responses: {
            /** @description Start a job */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "board-session.open": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `url`, `expires_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Open Bull Board in this browser */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoardSession"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.createMany": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `jobs`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobsBulkInput"];
            };
        };
        responses: {
            /** @description Start up to 1,000 jobs, all of them or none */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobsBulk"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.counts": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `states`, `types`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many jobs there are in each state, and the age of the oldest */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobCounts"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A job, its progress and its result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.cancel": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End a job before it is done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "job-events.events": {
        parameters: {
            query?: {
                /** @description Begins with the lines of the log beyond this `seq`; 0: with the first that is kept. `Last-Event-ID` says the same. Without either only lines that come from now on are sent. */
                after?: number;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What happens to a job, as it happens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 2
                     *     event: log
                     *     data: {"seq":2,"at":"2026-01-31T08:00:01.250Z","attempt":1,"level":"info","message":"12,400 events read"}
                     *
                     *     id: 2
                     *     event: progress
                     *     data: {"percent":40,"message":"Fitting"}
                     */
                    "text/event-stream": unknown;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "job-logs.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description Lines of this level and of worse ones. */
                level?: components["schemas"]["JobLogLevel"];
                /** @description Lines with a higher `seq` alone. */
                after?: number;
                /** @description The oldest line first, or the newest. */
                sort?: "seq" | "-seq";
                /** @description How the answer is written; without it `Accept` decides. */
                format?: "json" | "ndjson";
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `seq`, `at`, `attempt`, `level`, `message`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What a job said, and what became of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["JobLogLine"][];
                        page: components["schemas"]["Page"];
                    };
                    "application/x-ndjson": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.promote": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Let a delayed job wait for a worker now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "results.read": {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came of a job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobResult"];
                };
            };
            /** @description The bytes that `Range` asks for, of the file that `If-Range` names. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "results.file": {
        parameters: {
            query?: {
                /** @description Of the file, from the link. */
                sha256?: string;
                /** @description Seconds since 1970, from the link. */
                expires?: string;
                /** @description From the link. */
                signature?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Download the file of a result by a link */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The bytes that `Range` asks for, of the file that `If-Range` names. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "results.link": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `url`, `expires_at`, `file`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResultLinkInput"];
            };
        };
        responses: {
            /** @description Make a link to the file of a result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResultLink"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "jobs.retry": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Let a job that failed or was cancelled wait for a worker again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "models.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                event_type?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `model_version`, `event_type`, `status`, `created_at`, `activated_at`, `trained_from`, `trained_to`, `events`, `cells`, `branching_ratio`, `passes`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Models of the namespace, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ModelSummary"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "models.train": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrainInput"];
            };
        };
        responses: {
            /** @description Fit a model, as a job */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "models.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `model_version`, `event_type`, `status`, `created_at`, `activated_at`, `trained_from`, `trained_to`, `events`, `cells`, `branching_ratio`, `passes`, `parameters`, `diagnostics`, `scores`, `notes`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                model_version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A model card: parameters, scores beside the baselines, limits */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "models.activate": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `model_version`, `event_type`, `status`, `created_at`, `activated_at`, `trained_from`, `trained_to`, `events`, `cells`, `branching_ratio`, `passes`, `parameters`, `diagnostics`, `scores`, `notes`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path: {
                model_version: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActivateInput"];
            };
        };
        responses: {
            /** @description Put a model into service */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "models.backtest": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                model_version: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["BacktestInput"];
            };
        };
        responses: {
            /** @description Score a model again, as a job */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "cache.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `caches`, `memory`, `redis`, `bus`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caches of the process that answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "caches": [
                     *         {
                     *           "name": "risk-map",
                     *           "ttl_ms": 86400000,
                     *           "stale_ms": 0,
                     *           "levels": [
                     *             "memory",
                     *             "redis"
                     *           ],
                     *           "hits_memory": 182411,
                     *           "hits_redis": 37,
                     *           "misses": 12,
                     *           "stale": 0,
                     *           "loads": 12,
                     *           "load_failures": 0,
                     *           "evictions": 0,
                     *           "entries": 49,
                     *           "bytes": 7340032,
                     *           "hit_ratio": 0.9999
                     *         }
                     *       ],
                     *       "memory": {
                     *         "limit_bytes": 134217728,
                     *         "bytes": 7340032,
                     *         "entries": 49
                     *       },
                     *       "redis": "connected",
                     *       "bus": {
                     *         "kind": "redis",
                     *         "connected": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CacheReport"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "namespaces.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `namespace_id`, `name`, `h3_resolution`, `time_zone`, `levels`, `amount_kind`, `retention`, `created_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Namespaces the token may see */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Namespace"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "namespaces.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `namespace_id`, `name`, `h3_resolution`, `time_zone`, `levels`, `amount_kind`, `retention`, `created_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamespaceInput"];
            };
        };
        responses: {
            /** @description Make a namespace */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Namespace"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "namespaces.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `namespace_id`, `name`, `h3_resolution`, `time_zone`, `levels`, `amount_kind`, `retention`, `created_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                namespace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A namespace */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Namespace"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "namespaces.remove": {
        parameters: {
            query?: {
                /** @description `true`: also when it holds events, which are deleted with it. */
                force?: "true" | "false";
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                namespace_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "namespaces.patch": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `namespace_id`, `name`, `h3_resolution`, `time_zone`, `levels`, `amount_kind`, `retention`, `created_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                namespace_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamespacePatch"];
            };
        };
        responses: {
            /** @description Change a namespace */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Namespace"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "openapi.document": {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "risk.map": {
        parameters: {
            query?: {
                horizon?: number;
                event_type?: string;
                /** @description `west,south,east,north` in degrees; west exceeds east where the box crosses the antimeridian. */
                bbox?: string;
                min_level?: components["schemas"]["Level"];
                resolution?: number;
                /** @description How the answer is written; without it `Accept` decides. */
                format?: "json" | "geojson" | "ndjson" | "csv" | "parquet" | "arrow";
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `model_version`, `event_type`, `issued_at`, `valid_from`, `valid_to`, `data_until`, `horizon_hours`, `resolution`, `cell_count`, `cells`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The risk of every cell */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        model_version: string;
                        event_type: string;
                        /**
                         * Format: date-time
                         * @example 2026-01-31T08:00:00.000Z
                         */
                        issued_at: string;
                        /**
                         * Format: date-time
                         * @example 2026-01-31T08:00:00.000Z
                         */
                        valid_from: string;
                        /**
                         * Format: date-time
                         * @example 2026-01-31T08:00:00.000Z
                         */
                        valid_to: string;
                        /**
                         * Format: date-time
                         * @example 2026-01-31T08:00:00.000Z
                         */
                        data_until: string;
                        horizon_hours: number;
                        resolution: number;
                        cell_count: number;
                        cells: components["schemas"]["CellRisk"][];
                    };
                    "application/geo+json": {
                        /** @constant */
                        type: "FeatureCollection";
                        features: Record<string, never>[];
                    };
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.apache.parquet": string;
                    "application/vnd.apache.arrow.stream": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tiles.tileJson": {
        parameters: {
            query?: {
                horizon?: number;
                event_type?: string;
                min_level?: components["schemas"]["Level"];
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `tilejson`, `name`, `description`, `scheme`, `tiles`, `minzoom`, `maxzoom`, `bounds`, `vector_layers`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What a map program needs to know of the tiles, as TileJSON 3 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TileJson"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tiles.tile": {
        parameters: {
            query?: {
                horizon?: number;
                event_type?: string;
                min_level?: components["schemas"]["Level"];
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                z: number;
                x: number;
                y: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A tile of the risk map */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.mapbox-vector-tile": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "risk.assess": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `model_version`, `event_type`, `issued_at`, `valid_from`, `valid_to`, `data_until`, `horizon_hours`, `assessments`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssessInput"];
            };
        };
        responses: {
            /** @description How likely, how many, how costly at some points or cells */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssessAnswer"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "risks.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                status?: components["schemas"]["RiskStatus"];
                level?: components["schemas"]["Level"];
                event_type?: string;
                cell?: components["schemas"]["CellId"];
                target_id?: string;
                /** @description Risks of the targets that are in this group now. */
                group_id?: string;
                /** @description `west,south,east,north` in degrees; west exceeds east where the box crosses the antimeridian. */
                bbox?: string;
                /** @description RFC 3339 with a zone. */
                from?: string;
                /** @description RFC 3339 with a zone. */
                to?: string;
                /** @description How the answer is written; without it `Accept` decides. */
                format?: "json" | "ndjson" | "csv" | "parquet" | "arrow";
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `risk_id`, `timestamp`, `status`, `level`, `cell`, `target_id`, `event_type`, `p_event`, `expected_count`, `horizon_hours`, `model_version`, `acknowledged_by`, `comment`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Risks, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Risk"][];
                        page: components["schemas"]["Page"];
                    };
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/vnd.apache.parquet": string;
                    "application/vnd.apache.arrow.stream": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "risks.stats": {
        parameters: {
            query?: {
                event_type?: string;
                target_id?: string;
                /** @description Risks of the targets that are in this group now. */
                group_id?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `from`, `to`, `total`, `complete`, `by_status`, `by_level`, `by_event_type`, `opened_per_day`, `mean_time_to_acknowledge_seconds`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many risks there were, and what became of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RiskStats"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "risks.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `risk_id`, `timestamp`, `status`, `level`, `cell`, `target_id`, `event_type`, `p_event`, `expected_count`, `horizon_hours`, `model_version`, `acknowledged_by`, `comment`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                risk_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A risk */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Risk"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "risks.patch": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `risk_id`, `timestamp`, `status`, `level`, `cell`, `target_id`, `event_type`, `p_event`, `expected_count`, `horizon_hours`, `model_version`, `acknowledged_by`, `comment`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                risk_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["RiskPatch"];
            };
        };
        responses: {
            /** @description Acknowledge, resolve, reopen or comment a risk */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Risk"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "schedules.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `schedule_id`, `name`, `type`, `params`, `priority`, `cron`, `time_zone`, `every_seconds`, `catch_up`, `catch_up_most`, `paused`, `next_due_at`, `preview`, `last_due_at`, `last_fired_at`, `last_job_id`, `last_error`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Schedules, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Schedule"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "schedules.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `schedule_id`, `name`, `type`, `params`, `priority`, `cron`, `time_zone`, `every_seconds`, `catch_up`, `catch_up_most`, `paused`, `next_due_at`, `preview`, `last_due_at`, `last_fired_at`, `last_job_id`, `last_error`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleInput"];
            };
        };
        responses: {
            /** @description Have a job done again and again */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "schedules.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `schedule_id`, `name`, `type`, `params`, `priority`, `cron`, `time_zone`, `every_seconds`, `catch_up`, `catch_up_most`, `paused`, `next_due_at`, `preview`, `last_due_at`, `last_fired_at`, `last_job_id`, `last_error`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A schedule, with its last and its next due times */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "schedules.remove": {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "schedules.patch": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `schedule_id`, `name`, `type`, `params`, `priority`, `cron`, `time_zone`, `every_seconds`, `catch_up`, `catch_up_most`, `paused`, `next_due_at`, `preview`, `last_due_at`, `last_fired_at`, `last_job_id`, `last_error`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchedulePatch"];
            };
        };
        responses: {
            /** @description Change, pause or resume a schedule */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "schedules.run": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `job_id`, `type`, `state`, `params`, `progress`, `result`, `error`, `attempts`, `priority`, `depends_on`, `run_after`, `created_at`, `started_at`, `finished_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Start its job now, beside its due times */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                group_id?: string;
                /** @description Those whose name begins with this, in capitals or not. */
                q?: string;
                /** @description `west,south,east,north` in degrees; west exceeds east where the box crosses the antimeridian. */
                bbox?: string;
                /** @description Those that lie in this cell, be it with a corner. */
                cell?: components["schemas"]["CellId"];
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `target_id`, `name`, `group_id`, `shape`, `attrs`, `levels`, `cells_count`, `area_km2`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Targets, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Target"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `target_id`, `name`, `group_id`, `shape`, `attrs`, `levels`, `cells_count`, `area_km2`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TargetInput"];
            };
        };
        responses: {
            /** @description Make a target */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Target"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.createMany": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `created`, `targets`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TargetsBulkInput"];
            };
        };
        responses: {
            /** @description Make many targets */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetsBulk"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.read": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `target_id`, `name`, `group_id`, `shape`, `attrs`, `levels`, `cells_count`, `area_km2`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                target_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A target */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Target"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.remove": {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                target_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.patch": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `target_id`, `name`, `group_id`, `shape`, `attrs`, `levels`, `cells_count`, `area_km2`, `created_at`, `updated_at`, `version`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` that was read: the change is made only where nobody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                target_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TargetPatch"];
            };
        };
        responses: {
            /** @description Change a target */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Target"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "targets.risk": {
        parameters: {
            query?: {
                /** @description Hours ahead. */
                horizon?: number;
                event_type?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `target_id`, `model_version`, `event_type`, `issued_at`, `valid_from`, `valid_to`, `data_until`, `horizon_hours`, `p_event`, `expected_count`, `q05`, `q50`, `q95`, `expected_loss`, `level`, `relative_risk`, `coverage`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                target_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How likely something happens at a target */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetRisk"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.list": {
        parameters: {
            query?: {
                /** @description Items on a page. */
                limit?: number;
                /** @description `next_cursor` of the page before, unchanged. */
                cursor?: string;
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `token_id`, `namespace_id`, `name`, `scopes`, `created_at`, `expires_at`, `revoked_at`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tokens of the namespace; those of administrators are of none */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Token"][];
                        page: components["schemas"]["Page"];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.create": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `token_id`, `namespace_id`, `name`, `scopes`, `created_at`, `expires_at`, `revoked_at`, `token`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenInput"];
            };
        };
        responses: {
            /** @description Make a token */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedToken"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.self": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `token_id`, `name`, `scopes`, `namespace`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who am I, and what may I do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenSelf"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "tokens.rotate": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `token_id`, `namespace_id`, `name`, `scopes`, `created_at`, `expires_at`, `revoked_at`, `token`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Seconds the old secret stays good
                     * @default 0
                     */
                    grace_seconds?: number;
                };
            };
        };
        responses: {
            /** @description Give a token another secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedToken"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "graphql.run": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `data`, `errors`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description JSON of at most 16 MB, nested at most 32 deep. */
        requestBody: {
            content: {
                "application/json": {
                    query?: string;
                    operationName?: string | null;
                    variables?: {
                        [key: string]: unknown;
                    } | null;
                    extensions?: ({
                        persistedQuery?: {
                            /** @constant */
                            version: 1;
                            sha256Hash: string;
                        };
                    } & {
                        [key: string]: unknown;
                    }) | null;
                };
            };
        };
        responses: {
            /** @description Run a GraphQL query */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "risks": {
                     *           "data": [
                     *             {
                     *               "risk_id": "rsk_3f1c0a9b",
                     *               "level": "HIGH"
                     *             }
                     *           ],
                     *           "page": {
                     *             "has_more": false
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        data?: {
                            [key: string]: unknown;
                        } | null;
                        errors?: {
                            message: string;
                            locations?: {
                                line: number;
                                column: number;
                            }[];
                            path?: (string | number)[];
                            extensions: {
                                code: string;
                            } & {
                                [key: string]: unknown;
                            };
                        }[];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "health.live": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `status`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Liveness: the process answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "metrics.index": {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Figures in the text format of Prometheus */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    "health.ready": {
        parameters: {
            query?: {
                /** @description The fields wanted, separated by commas, nested ones with dots, of: `status`, `dependencies`. The answer then holds only those, whatever its schema requires. */
                fields?: string;
            };
            header?: {
                /** @description The `ETag` of an answer the client has kept: 304 without a body where it still holds. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Readiness: requests can be served, and the state of each store */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "dependencies": {
                     *         "postgres": {
                     *           "status": "up",
                     *           "latency_ms": 0.4,
                     *           "detail": null
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
