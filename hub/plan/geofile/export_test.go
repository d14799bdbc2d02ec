package geofile

// Direction is direction for its table.
var Direction = direction
