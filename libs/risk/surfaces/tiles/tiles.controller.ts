import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access, type AccessContext, RequireScope } from '#access';
import { type RiskTileQuery, riskTileQuery, type TileAddress, tileAddress, type TileJson, tileJson } from '#contracts';
import { Answers, Cached, Formatted } from '#platform';
import { TILE } from '../../answers.js';
import { RiskTilesService } from './risk-tiles.service.js';

const MEDIA_TYPE = 'application/vnd.mapbox-vector-tile';

@Controller('risk-map')
@RequireScope('risk:read')
export class TilesController {
  constructor(private readonly tiles: RiskTilesService) {}

  @Get('tiles.json')
  @Answers(tileJson, {
    summary: 'What a map program needs to know of the tiles, as TileJSON 3',
    description: 'The address of the tiles keeps the parameters of this request.',
    errors: ['SURFACE_NOT_READY', 'EVENT_TYPE_AMBIGUOUS'],
  })
  tileJson(
    @Access() access: AccessContext,
    @Query({ schema: riskTileQuery }) query: RiskTileQuery,
    @Req() request: FastifyRequest,
  ): TileJson {
    return this.tiles.tileJson(access, query, addressOfTiles(request));
  }

  @Get(':z/:x/:y.mvt')
  @Cached(TILE)
  @Answers(undefined, {
    summary: 'A tile of the risk map',
    description:
      'Mapbox Vector Tile 2.1 with one layer, `risk`: cells as polygons with the fields of the map. Where tiles would hold ' +
      'more than a few thousand cells, or cells too small to see, their parents stand for them. A tile in which there is ' +
      'nothing has no bytes.',
    mediaType: MEDIA_TYPE,
    errors: ['SURFACE_NOT_READY', 'EVENT_TYPE_AMBIGUOUS'],
  })
  tile(
    @Access() access: AccessContext,
    @Param({ schema: tileAddress }) address: TileAddress,
    @Query({ schema: riskTileQuery }) query: RiskTileQuery,
  ): Formatted {
    return new Formatted(MEDIA_TYPE, this.tiles.tile(access, address, query));
  }
}

/** Beside the address that was asked for, as the client sees the host. */
function addressOfTiles(request: FastifyRequest): string {
  const [path = '', parameters] = request.url.split('?', 2);
  const base = `${request.protocol}://${request.host}${path.slice(0, path.lastIndexOf('/'))}`;
  return `${base}/{z}/{x}/{y}.mvt${parameters === undefined ? '' : `?${parameters}`}`;
}
