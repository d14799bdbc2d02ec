package wire

// AppendColumns encodes observations without the frame of a message.
var AppendColumns = appendColumns
