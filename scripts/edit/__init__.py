"""Edit the annotations without Label Studio: as lines of text; and add articles."""
