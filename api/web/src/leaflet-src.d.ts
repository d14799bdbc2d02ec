// Leaflet's sources carry no types; lib/leaflet.ts gives them those of
// @types/leaflet.
declare module 'leaflet/src/*'
