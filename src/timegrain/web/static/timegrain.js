// What pages do beyond links and forms. Everything here is a convenience: without script each figure and form is there.
