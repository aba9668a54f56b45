	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* PROC network */

	case 3: // STATE 1
		;
		((P0 *)_this)->v = trpt->bup.oval;
		;
		goto R999;

	case 4: // STATE 3
		;
		((P0 *)_this)->v = trpt->bup.oval;
		;
		goto R999;

	case 5: // STATE 9
		;
		((P0 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 6: // STATE 11
		;
		((P0 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 7: // STATE 22
		;
		now.seen = trpt->bup.ovals[1];
		now.notar[ Index(((P0 *)_this)->v, 3) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 8: // STATE 24
		;
		now.final[ Index(((P0 *)_this)->v, 3) ] = trpt->bup.oval;
		;
		goto R999;

	case 9: // STATE 26
		;
		now.skip_[ Index(((P0 *)_this)->v, 3) ] = trpt->bup.oval;
		;
		goto R999;
	case 10: // STATE 136
		sv_restor();
		goto R999;

	case 11: // STATE 137
		;
		((P0 *)_this)->v = trpt->bup.oval;
		;
		goto R999;

	case 12: // STATE 138
		;
		((P0 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 13: // STATE 143
		;
		p_restor(II);
		;
		;
		goto R999;
	}

