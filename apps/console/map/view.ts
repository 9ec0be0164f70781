import type { Feature, FeatureCollection, Polygon } from 'geojson';
import {
  AttributionControl,
  type GeoJSONSource,
  Map as MapLibreMap,
  type MapMouseEvent,
  ScaleControl,
  setWorkerCount,
  setWorkerUrl,
} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { cornersOf } from './bounds.js';
import type { CellSet } from './cell-set.js';
import { type Bounds, type Graticule, graticuleLines, graticuleOf } from './graticule.js';
import { mapStyle, SHADE } from './style.js';

// The worker comes from our own origin under its own name, so that no blob: worker is needed.
setWorkerUrl(workerUrl);
// One for the land, which takes it a second to read, and one for the hexagons: sources take turns (see mapStyle).
setWorkerCount(2);

/** Where the pointer, or with the keyboard the middle of the map, is. */
export interface Pointed {
  readonly lon: number;
  readonly lat: number;
  readonly cell: string | null;
  /** Pixels from the map's top left corner. */
  readonly x: number;
  readonly y: number;
}

/** A graticule line that meets the frame: where, in pixels along the edge, and which degree. */
export interface Tick {
  readonly at: number;
  readonly degrees: number;
}

export interface Frame {
  readonly step: number;
  readonly meridians: readonly Tick[];
  readonly parallels: readonly Tick[];
}

export interface ViewEvents {
  select(cell: string | null): void;
  point(pointed: Pointed | null): void;
  frame(frame: Frame): void;
  /** All cells given last are on the screen. */
  painted(): void;
  /** Nothing is left to load or to draw: ground and hexagons are all there. */
  settled(): void;
  /** The map cannot go on: no worker, no WebGL. */
  failed(message: string): void;
}

/** Pixels that overlays (legend, rail) cover at each side: flights and fits keep clear of them. */
export type Padding = { top: number; right: number; bottom: number; left: number };

const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };
const CELL_LAYER = 'cells';

/** The map itself: MapLibre behind the few verbs the console needs. One instance owns one element. */
export class RiskMapView {
  private readonly map: MapLibreMap;
  private readonly loaded: Promise<void>;
  private readonly reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)');
  private set: CellSet | null = null;
  private hovered: string | null = null;
  private selected: string | null = null;
  private painting = 0;
  private byKeyboard = false;
  private padding: Padding = { top: 40, right: 40, bottom: 40, left: 40 };

  /** Throws where the browser has no WebGL. */
  constructor(
    element: HTMLElement,
    private readonly events: ViewEvents,
  ) {
    this.map = new MapLibreMap({
      container: element,
      style: mapStyle(),
      center: [0, 25],
      zoom: 1.2,
      maxZoom: 16,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      fadeDuration: 0,
      locale: { 'Map.Title': 'Risk map' },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ maxWidth: 120, unit: 'metric' }), 'bottom-right');
    this.map.addControl(new AttributionControl({ compact: false, customAttribution: 'MapLibre' }), 'bottom-right');
    // Not `load`, which waits for the land as well: the hexagons are what one came for.
    this.loaded = new Promise((resolve) => void this.map.once('style.load', () => resolve()));
    // A piece of ground that does not arrive leaves a plainer map; only what is not of a source stops the drawing.
    this.map.on('error', (event) => {
      if (!('sourceId' in event)) events.failed(event.error.message);
    });
    this.map.on('mousemove', (event) => this.moved(event));
    this.map.on('mouseout', () => this.hover(null, null));
    this.map.on('click', (event) => events.select(this.cellAt([event.point.x, event.point.y])));
    this.map.on('move', () => {
      this.reportFrame();
      if (this.byKeyboard) this.pointAtMiddle();
    });
    this.map.on('idle', () => events.settled());
    this.map.on('moveend', () => this.drawGraticule());
    this.map.on('resize', () => this.drawGraticule());
    void this.loaded.then(() => this.drawGraticule());
  }

  destroy(): void {
    this.map.remove();
  }

  setPadding(padding: Padding): void {
    this.padding = padding;
  }

  /**
   * Shows a set of cells with one shade each (see shadeOf). Outlines are handed over only when the set is another;
   * colours alone are feature state, which changes within a frame. Calls `painted` when they are on the screen.
   */
  async show(set: CellSet, shades: Float32Array): Promise<void> {
    const turn = ++this.painting;
    await this.loaded;
    if (turn !== this.painting) return;
    if (set !== this.set) {
      this.set = set;
      this.map.removeFeatureState({ source: 'cells' });
      // Waited for, as a new state would colour the old outlines until the new ones are cut into tiles.
      await this.source('cells').setData(set.features());
      if (turn !== this.painting) return;
      this.outline('selected', this.selected);
      this.outline('hover', null);
    }
    shades.forEach((value, id) => this.map.setFeatureState({ source: 'cells', id }, { [SHADE]: value }));
    this.map.triggerRepaint();
    const rendered = () => {
      if (turn === this.painting && !this.map.isSourceLoaded('cells')) return;
      this.map.off('render', rendered);
      if (turn === this.painting) this.events.painted();
    };
    this.map.on('render', rendered);
  }

  async clear(): Promise<void> {
    this.painting++;
    await this.loaded;
    this.set = null;
    this.map.removeFeatureState({ source: 'cells' });
    await Promise.all(['cells', 'hover', 'selected'].map((name) => this.source(name).setData(EMPTY)));
  }

  async select(cell: string | null): Promise<void> {
    this.selected = cell;
    await this.loaded;
    this.outline('selected', this.selected);
  }

  /** Brings the whole set into view. */
  fit(set: CellSet, animate: boolean): void {
    const { box } = set;
    if (box === null) return;
    const duration = animate && !this.reducedMotion.matches ? 900 : 0;
    this.map.fitBounds(cornersOf(box, set.reach), { padding: this.padding, maxZoom: 13, duration });
    if (duration === 0) this.drawGraticule();
  }

  /** Flies to a cell, no nearer than it already is, unless it was far away. */
  flyTo(cell: string): void {
    const center = this.set?.centerOf(cell);
    if (center == null) return;
    const zoom = Math.max(this.map.getZoom(), this.cellZoom());
    const options = { center, zoom, padding: this.padding } as const;
    if (this.reducedMotion.matches) this.map.jumpTo(options);
    else this.map.flyTo({ ...options, speed: 1.4, maxDuration: 1600 });
  }

  zoomBy(steps: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + steps, duration: this.reducedMotion.matches ? 0 : 250 });
  }

  /** Selects the cell in the middle of the map: what Enter does while the map has the focus. */
  selectMiddle(): void {
    const { x, y } = this.middle();
    this.events.select(this.cellAt([x, y]));
  }

  /** With the keyboard, what is pointed at is the middle of the map, wherever it is moved to. */
  setByKeyboard(on: boolean): void {
    if (on === this.byKeyboard) return;
    this.byKeyboard = on;
    if (on) this.pointAtMiddle();
    else this.hover(null, null);
  }

  private pointAtMiddle(): void {
    const { x, y } = this.middle();
    const { lng, lat } = this.map.unproject([x, y]);
    this.hover(this.cellAt([x, y]), { lon: lng, lat, x, y });
  }

  private middle(): { x: number; y: number } {
    const { clientWidth, clientHeight } = this.map.getCanvas();
    return { x: clientWidth / 2, y: clientHeight / 2 };
  }

  /** The zoom at which a cell is about 40 pixels high: it stands out, and its surroundings are in sight. */
  private cellZoom(): number {
    const height = 2 * (this.set?.reach ?? 0.005);
    return Math.min(15, Math.log2((40 / 512) * (360 / height)) - 0.5);
  }

  private cellAt(point: [number, number]): string | null {
    if (this.set === null || this.map.getLayer(CELL_LAYER) === undefined) return null;
    const [feature] = this.map.queryRenderedFeatures(point, { layers: [CELL_LAYER] });
    return typeof feature?.id === 'number' ? (this.set.cells[feature.id] ?? null) : null;
  }

  private moved({ point, lngLat }: MapMouseEvent): void {
    this.hover(this.cellAt([point.x, point.y]), { lon: lngLat.lng, lat: lngLat.lat, x: point.x, y: point.y });
  }

  private hover(cell: string | null, place: Omit<Pointed, 'cell'> | null): void {
    if (cell !== this.hovered) {
      this.hovered = cell;
      this.map.getCanvas().style.cursor = cell === null ? '' : 'pointer';
      this.outline('hover', cell);
    }
    this.events.point(place === null ? null : { ...place, cell });
  }

  private outline(source: 'hover' | 'selected', cell: string | null): void {
    const geometry = cell === null ? null : (this.set?.polygonOf(cell) ?? null);
    const feature: Feature<Polygon> | null = geometry === null ? null : { type: 'Feature', properties: {}, geometry };
    // Before the style is there, `show` and `select` come back to this.
    void this.map.getSource<GeoJSONSource>(source)?.setData(feature ?? EMPTY);
  }

  private source(name: string): GeoJSONSource {
    const source = this.map.getSource<GeoJSONSource>(name);
    if (source === undefined) throw new Error(`the style has no source ${name}`);
    return source;
  }

  private bounds(): Bounds {
    const box = this.map.getBounds();
    return { west: box.getWest(), south: box.getSouth(), east: box.getEast(), north: box.getNorth() };
  }

  private drawGraticule(): void {
    const bounds = this.bounds();
    const graticule = graticuleOf(bounds);
    void this.map.getSource<GeoJSONSource>('graticule')?.setData(graticuleLines(graticule, bounds));
    this.reportFrame(graticule);
  }

  private reportFrame(graticule: Graticule = graticuleOf(this.bounds())): void {
    const { lng, lat } = this.map.getCenter();
    this.events.frame({
      step: graticule.step,
      meridians: graticule.meridians.map((degrees) => ({ degrees, at: this.map.project([degrees, lat]).x })),
      parallels: graticule.parallels.map((degrees) => ({ degrees, at: this.map.project([lng, degrees]).y })),
    });
  }
}
