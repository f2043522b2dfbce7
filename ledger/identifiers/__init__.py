"""How persons, units and places are written down: checked, brought to one stored form, shown masked."""
