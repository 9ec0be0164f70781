declare module 'virtual:basemap/land' {
  const url: string;
  export default url;
}
declare module 'virtual:basemap/lakes' {
  const url: string;
  export default url;
}
declare module 'virtual:basemap/borders' {
  const url: string;
  export default url;
}
